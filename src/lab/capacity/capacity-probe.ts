import { join, relative } from 'node:path'
import { type Load, measuredMs } from '../../core/load.js'
import type { RunRecord } from '../../core/record.js'
import type { Objective } from '../../core/slo.js'
import type { Stack } from '../../engines/port.js'
import { requestsInFlight } from '../../probes/in-flight.js'
import type { ProbeRates } from '../../probes/registry.js'
import { sleep } from '../../run/sleep.js'
import type { RunFolder } from '../../store/run-folder.js'
import { type LabContext, quietly } from '../context.js'
import { measure } from '../measure/measure.js'
import type { Subject } from '../measure/subject.js'

/** What every run of a search shares. */
export interface Bench {
  lab: LabContext
  /** Who searches. */
  signed: { author?: string }
  subject: Subject
  stack: Stack
  objectives: Objective[]
  /** The objectives as they were given. */
  slo: string
  probes: ProbeRates
  folder: RunFolder
}

/** One run on the stack that is up. @returns its record, its folder, and where that lies, from the folder of the search */
export async function runOn(bench: Bench, load: Load): Promise<{ record: RunRecord; folder: RunFolder; path: string }> {
  const { lab, subject, stack, objectives, probes, folder } = bench
  const { record, folder: own } = await measure({
    lab: quietly(lab),
    // Claims of the scenario speak of its own load.
    subject: { ...subject, load, reading: null, timeline: [], expectations: [], system: { kind: 'stack', stack } },
    objectives,
    probes,
    out: join(folder.path, 'runs'),
  })
  return { record, folder: own, path: relative(folder.path, own.path) }
}

/** The load of a search at one offered rate. */
export function loadAt(load: Load, rps: number, seed: number): Load {
  return load.mode === 'closed' ? load : { ...load, seed, stages: [{ durationMs: measuredMs(load), rps }] }
}

/** The same as a closed loop of so many milliseconds. */
export function closedLoop(load: Load, durationMs: number): Load {
  const { warmupMs, connections, timeoutMs, generators, clients, seed, workload } = load
  return { mode: 'closed', durationMs, warmupMs, connections, timeoutMs, generators, clients, seed, workload }
}

/** A backlog that is not worked off by then is told, and not waited for any longer. */
const LONGEST_MS = 30_000
const EVERY_MS = 100
/** Where nobody can be asked, and at least. */
const PAUSE_MS = 500

/**
 * Waits until no instance has a request left.
 * @returns how long that took in milliseconds (null where none can say), and whether some are left all the same
 */
export async function untilIdle({
  lab,
  stack,
}: Pick<Bench, 'lab' | 'stack'>): Promise<{ ms: number | null; left: boolean }> {
  const begun = performance.now()
  const { signal } = lab
  let left: number | null = null
  while (!signal.aborted && performance.now() - begun < LONGEST_MS) {
    left = await requestsInFlight(await stack.nodes(), signal)
    if (left === null || left === 0) break
    await sleep(EVERY_MS, signal)
  }
  const ms = left === null ? null : Math.round(performance.now() - begun)
  await sleep(PAUSE_MS, signal)
  return { ms, left: (left ?? 0) > 0 && !signal.aborted }
}
