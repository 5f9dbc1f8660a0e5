import { setImmediate as nextTurn } from 'node:timers/promises'
import { usageError } from '../core/errors.js'
import type { ShardPlan } from '../core/shard-plan.js'
import { BATCH, batchesOf, type KeyBatch, madeKeys, SAMPLE, sampleOf } from '../placing/keys.js'
import { Planning, type PlanningInput } from '../placing/planning.js'
import { keyBatches, surveyKeyFile } from '../store/key-file.js'
import type { SchemeOptions } from '../strategies/sharding/port.js'
import type { PlanProgress } from '../ui/progress/plan-progress.js'
import type { Lab } from './lab.js'
import { machineOf } from './machine.js'
import type { KeyChoice } from './shard-plan-options.js'

/** Between two looks at Ctrl-C, and two of the progress, in milliseconds. */
const TURN_MS = 50

/** What is to be placed by whom. */
export interface PlanRequest extends Pick<PlanningInput, 'schemes' | 'stages' | 'mayLeaveOut'> {
  options: Omit<SchemeOptions, 'keys' | 'sample'>
  keys: KeyChoice
  seed: number
  /** Whether lookups are timed. */
  speed: boolean
  /** What repeats it. */
  command: string
}

/** Places every key by every scheme. @throws LabError (usage), or the reason of the lab's signal */
export async function plannedShards(
  lab: Lab,
  { schemes, stages, mayLeaveOut, options, keys: choice, seed, speed, command }: PlanRequest,
  progress: Pick<PlanProgress, 'update'>,
): Promise<ShardPlan> {
  const keys = await keysOf(lab, choice, seed, progress)
  const planning = new Planning({
    schemes,
    stages,
    options: { ...options, keys: keys.count, sample: keys.sample },
    ...(mayLeaveOut === undefined ? {} : { mayLeaveOut }),
  })
  await place(lab, planning, keys, progress)
  if (speed) await measure(lab, planning, progress)
  const { cores: _cores, ...environment } = machineOf(lab)
  return planning.plan(
    { source: keys.source, seed, exponent: 'file' in choice ? null : choice.exponent },
    command,
    environment,
  )
}

/** Keys that can be had in batches. */
interface Keys {
  source: string
  count: number
  sample: string[]
  batches(): Iterable<KeyBatch> | AsyncIterable<KeyBatch>
}

async function keysOf(
  lab: Lab,
  choice: KeyChoice,
  seed: number,
  progress: Pick<PlanProgress, 'update'>,
): Promise<Keys> {
  if ('file' in choice) return keysInFile(lab, choice.file, seed, progress)
  const made = madeKeys(choice.shape, choice.count, seed, choice.exponent ?? undefined)
  return { source: choice.shape, count: choice.count, sample: sampleOf(made), batches: () => batchesOf(made) }
}

async function keysInFile(lab: Lab, file: string, seed: number, progress: Pick<PlanProgress, 'update'>): Promise<Keys> {
  const { signal } = lab.os
  const onProgress = (done: number): void => progress.update(`reading ${file}`, done)
  const { count, sample } = await surveyKeyFile(file, { sample: SAMPLE, seed, signal, onProgress })
  async function* batches(): AsyncGenerator<KeyBatch> {
    for await (const keys of keyBatches(file, BATCH, signal)) yield { keys, requests: null }
  }
  return { source: file, count, sample, batches }
}

/** Hands all keys in, and lets Ctrl-C through between two batches. */
async function place(lab: Lab, planning: Planning, keys: Keys, progress: Pick<PlanProgress, 'update'>): Promise<void> {
  const what = `placing ${keys.count.toLocaleString('en-US')} keys`
  let looked = performance.now()
  for await (const batch of keys.batches()) {
    planning.place(batch)
    if (performance.now() - looked < TURN_MS) continue
    progress.update(what, planning.placed / keys.count)
    await turn(lab)
    looked = performance.now()
  }
  if (planning.placed !== keys.count) throw usageError(`${keys.source} changed while it was read`, 'Try again')
}

async function measure(lab: Lab, planning: Planning, progress: Pick<PlanProgress, 'update'>): Promise<void> {
  for (const [index, scheme] of planning.schemes.entries()) {
    progress.update(`timing lookups of ${scheme}`, index / planning.schemes.length)
    await turn(lab)
    planning.measure(scheme, () => performance.now())
  }
}

async function turn(lab: Lab): Promise<void> {
  await nextTurn()
  lab.os.signal.throwIfAborted()
}
