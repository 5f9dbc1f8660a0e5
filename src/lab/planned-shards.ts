import { setImmediate as nextTurn } from 'node:timers/promises'
import { usageError } from '../core/errors.js'
import type { ShardPlan } from '../core/shard-plan.js'
import { BATCH, batchesOf, type KeyBatch, type KeyShape, madeKeys, SAMPLE, sampleOf } from '../placing/keys.js'
import { Planning, type PlanningInput } from '../placing/planning.js'
import { keyBatches, surveyKeyFile } from '../store/key-file.js'
import type { SchemeOptions } from '../strategies/sharding/port.js'
import { machineOf } from './calibrate/machine.js'
import type { LabContext } from './context.js'

/** Between two looks at Ctrl-C, and two of the progress, in milliseconds. */
const TURN_MS = 50

/** Where the keys come from: keys in a file, or keys that are made. */
export type KeyChoice = { file: string } | { shape: KeyShape; count: number; exponent: number | null }

/** Told how far it is. */
export interface PlanListener {
  /** @param what is under way @param done of it, 0 to 1 */
  update(what: string, done: number): void
}

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
  lab: LabContext,
  { schemes, stages, mayLeaveOut, options, keys: choice, seed, speed, command }: PlanRequest,
  progress: PlanListener,
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

async function keysOf(lab: LabContext, choice: KeyChoice, seed: number, progress: PlanListener): Promise<Keys> {
  if ('file' in choice) return keysInFile(lab, choice.file, seed, progress)
  const made = madeKeys(choice.shape, choice.count, seed, choice.exponent ?? undefined)
  return { source: choice.shape, count: choice.count, sample: sampleOf(made), batches: () => batchesOf(made) }
}

async function keysInFile(lab: LabContext, file: string, seed: number, progress: PlanListener): Promise<Keys> {
  const { signal } = lab
  const onProgress = (done: number): void => progress.update(`reading ${file}`, done)
  const { count, sample } = await surveyKeyFile(file, { sample: SAMPLE, seed, signal, onProgress })
  async function* batches(): AsyncGenerator<KeyBatch> {
    for await (const keys of keyBatches(file, BATCH, signal)) yield { keys, requests: null }
  }
  return { source: file, count, sample, batches }
}

/** Hands all keys in, and lets Ctrl-C through between two batches. */
async function place(lab: LabContext, planning: Planning, keys: Keys, progress: PlanListener): Promise<void> {
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

async function measure(lab: LabContext, planning: Planning, progress: PlanListener): Promise<void> {
  for (const [index, scheme] of planning.schemes.entries()) {
    progress.update(`timing lookups of ${scheme}`, index / planning.schemes.length)
    await turn(lab)
    planning.measure(scheme, () => performance.now())
  }
}

async function turn(lab: LabContext): Promise<void> {
  await nextTurn()
  lab.signal.throwIfAborted()
}
