import { faultKind, restored } from '../../actions/faults.js'
import type { Trial } from '../../core/trial.js'
import type { Stack } from '../../engines/port.js'
import { livenessProber } from '../../probes/liveness.js'
import { Cluster } from '../../replication/cluster.js'
import { type DetectorSettings, databaseProber, FailureDetector, type Prober } from '../../replication/detector.js'
import { DIVERGED_FILE, type FailoverOptions, failOver, rejoin } from '../../replication/failover.js'
import { readied } from '../../replication/standbys.js'
import { type Drilled, type DrillOptions, drill } from '../../run/drill.js'
import type { Stage } from '../../run/stage.js'
import type { LabContext } from '../context.js'
import { actedOn } from '../stack/acted-on.js'
import { controlOf, membersOf } from '../stack/databases.js'
import type { DrillTarget } from './drill-target.js'

export interface DrillSettings {
  fault: Trial['fault']
  detector: DetectorSettings
  baselineMs: number
  tailMs: number
  awayMs: number
  seed: number
  /** Asked before every step of a drill by hand. */
  beforeStep?: FailoverOptions['beforeStep']
}

/** A drill on a node of a running stack, beside a load. */
export async function drillOn(
  lab: LabContext,
  stack: Stack,
  { node, role }: DrillTarget,
  settings: DrillSettings,
  stage: Stage,
): Promise<Drilled> {
  const { fault, detector, beforeStep, ...times } = settings
  const kind = faultKind(fault)
  const on = actedOn(lab, stack)
  const control = controlOf(lab, stack)
  const prober = await probing(lab, stack, node)
  const byHand = beforeStep === undefined ? {} : { beforeStep }
  // Before the fault, as whoever is on guard would have it.
  const ready = role === 'primary' ? { ready: await readied(node, control) } : {}
  const options: DrillOptions = {
    ...times,
    node,
    role,
    fault,
    strike: () => kind.read([node]).apply(on),
    restore: () => restored(node).apply(on),
    detect: (events) => new FailureDetector(prober(), detector, events),
    failOver: (how) => failOver(node, { control, ...byHand, ...ready, ...how }),
    async rejoin({ promoted, divergedSince }, signal) {
      await beforeStep?.({
        title: `bring ${node} back as a standby of ${promoted}`,
        statement: 'keep the rows that it alone has; pg_rewind, or a fresh copy; start',
      })
      await rejoin(node, 'auto', divergedSince, control, signal)
      const rows = await control.read(node, DIVERGED_FILE)
      return rows === null ? null : onlyThere(lab, stack, rows)
    },
    serves: (signal) => serves(lab, stack, node, role, signal),
    ...(beforeStep === undefined
      ? {}
      : { beforeFault: () => beforeStep({ title: `${fault} ${node}`, statement: kind.summary }) }),
  }
  return drill(options, stage).finally(() => ready.ready?.close())
}

/** What makes probers of a node that runs. */
async function probing(lab: LabContext, stack: Stack, node: string): Promise<() => Prober> {
  const endpoint = (await membersOf(lab, stack)).find(({ id }) => id === node)?.endpoint
  if (endpoint) return () => databaseProber(endpoint)
  const url = (await stack.nodes()).find(({ id }) => id === node)?.url
  if (url === null || url === undefined) throw new Error(`${node} does not run`)
  return () => livenessProber(url)
}

/** Returns when a standby streams again; an API instance is ready when it has been started. */
async function serves(
  lab: LabContext,
  stack: Stack,
  node: string,
  role: DrillTarget['role'],
  signal: AbortSignal,
): Promise<void> {
  if (role === 'api') return
  const cluster = new Cluster(await membersOf(lab, stack))
  try {
    const primary = await cluster.primary()
    await primary?.untilStreaming([node], SERVES_MS, signal)
  } finally {
    cluster.close()
  }
}

/** How long a standby may take to stream again, in milliseconds. */
const SERVES_MS = 30_000

/** Of these rows of the old primary those that the new one does not have; null when there are none. */
async function onlyThere(lab: LabContext, stack: Stack, rows: string): Promise<string | null> {
  const cluster = new Cluster(await membersOf(lab, stack))
  try {
    const primary = await cluster.primary()
    if (primary === null) return rows
    const lines = rows.split('\n').filter((line) => line !== '')
    const keyOf = (line: string): string => String((JSON.parse(line) as { request_key?: unknown }).request_key)
    const there = await primary.present(lines.map(keyOf))
    const only = lines.filter((line) => !there.has(keyOf(line)))
    return only.length === 0 ? null : `${only.join('\n')}\n`
  } finally {
    cluster.close()
  }
}
