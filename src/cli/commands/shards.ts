import { cpus } from 'node:os'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import type { ShardPlan } from '../../core/shard-plan.js'
import { BATCH, batchesOf, type KeyBatch, madeKeys, SAMPLE, sampleOf } from '../../placing/keys.js'
import { Planning } from '../../placing/planning.js'
import { quoted } from '../../report/command.js'
import { keyBatches, surveyKeyFile } from '../../store/key-file.js'
import { createRunFolder } from '../../store/run-folder.js'
import { wantsColour, wantsUnicode } from '../../ui/choose-view.js'
import { createPlanProgress, type PlanProgress } from '../../ui/progress/plan-progress.js'
import { createLook } from '../../ui/style.js'
import type { Lab } from '../lab.js'
import { writeShardPlan } from '../report-files.js'
import {
  addShardPlanOptions,
  type KeyChoice,
  keyChoice,
  type ShardPlanOptions,
  schemeOptionsOf,
  schemesOf,
  seedOf,
  stagesOf,
} from '../shard-plan-options.js'

/** Between two looks at Ctrl-C, and two of the progress, in milliseconds. */
const TURN_MS = 50

export function addShards(program: Command, lab: Lab): void {
  const group = program
    .command('shards')
    .summary('where keys go, and what moves when shards change')
    .description('Places keys on shards with every scheme there is, before and after the shards change.')
    .addHelpText('after', '\nExamples:\n  $ scalelab shards plan --keys 1e6 --from 3 --to 4')
  addPlan(group, lab)
}

function addPlan(group: Command, lab: Lab): void {
  addShardPlanOptions(
    group
      .command('plan')
      .summary('what every scheme would do to so many keys')
      .description(
        'Places every key with every scheme on the shards there are and on those there will be, and compares: how many keys move and how many must, how even they lie, how hot shards get, how fast a lookup is. Nothing is started.',
      ),
  )
    .addHelpText(
      'after',
      `
Shards are called shard-1, shard-2, ...; who stays keeps its weight, and who comes has weight 1.

Examples:
  $ scalelab shards plan --keys 1e6 --from 3 --to 4
  $ scalelab shards plan --from 4 --to 3 --scheme ring,jump,rendezvous
  $ scalelab shards plan --from 3 --to 4,5,6                          several steps
  $ scalelab shards plan --from-weights 1,1,1 --to-weights 1,1,2      the third becomes twice as large
  $ scalelab shards plan --from 5 --lose shard-2                      one dies, and not the last
  $ scalelab shards plan --scheme ring --vnodes 1000
  $ scalelab shards plan --distribution zipf:1.1                      how hot does a shard get?
  $ scalelab shards plan --key-file ids.txt --json`,
    )
    .action((options: ShardPlanOptions) => plan(lab, options))
}

async function plan(lab: Lab, options: ShardPlanOptions): Promise<void> {
  const stages = stagesOf(options)
  const { schemes, all } = schemesOf(options)
  const told = schemeOptionsOf(options, stages)
  const seed = seedOf(options)
  const choice = keyChoice(options)
  // A folder that cannot be written is known before the work, not after it.
  const folder = await createRunFolder(options.out, 'shard-plans', new Date())
  const progress = progressOn(lab)
  try {
    const keys = await keysOf(lab, choice, seed, progress)
    const planning = new Planning({
      schemes,
      stages,
      options: { ...told, keys: keys.count, sample: keys.sample },
      mayLeaveOut: all,
    })
    await place(lab, planning, keys, progress)
    if (options.speed) await measure(lab, planning, progress)
    progress.close()
    const result = planning.plan(
      { source: keys.source, seed, exponent: 'file' in choice ? null : choice.exponent },
      commandOf(lab),
      environmentOf(lab),
    )
    const report = await writeShardPlan(folder, result)
    if (options.json === true) return lab.printJson(result)
    const { renderShardPlanSummary } = await import('../../ui/shard-plan.js')
    lab.print(renderShardPlanSummary(result, lab.look()))
    lab.print(`\nReport: ${report}`)
  } finally {
    progress.close()
    await folder.removeIfEmpty()
  }
}

/** Keys that can be had in batches. */
interface Keys {
  source: string
  count: number
  sample: string[]
  batches(): Iterable<KeyBatch> | AsyncIterable<KeyBatch>
}

async function keysOf(lab: Lab, choice: KeyChoice, seed: number, progress: PlanProgress): Promise<Keys> {
  if ('file' in choice) return keysInFile(lab, choice.file, seed, progress)
  const made = madeKeys(choice.shape, choice.count, seed, choice.exponent ?? undefined)
  return { source: choice.shape, count: choice.count, sample: sampleOf(made), batches: () => batchesOf(made) }
}

async function keysInFile(lab: Lab, file: string, seed: number, progress: PlanProgress): Promise<Keys> {
  const { signal } = lab.os
  const onProgress = (done: number): void => progress.update(`reading ${file}`, done)
  const { count, sample } = await surveyKeyFile(file, { sample: SAMPLE, seed, signal, onProgress })
  async function* batches(): AsyncGenerator<KeyBatch> {
    for await (const keys of keyBatches(file, BATCH, signal)) yield { keys, requests: null }
  }
  return { source: file, count, sample, batches }
}

/** Hands all keys in, and lets Ctrl-C through between two batches. */
async function place(lab: Lab, planning: Planning, keys: Keys, progress: PlanProgress): Promise<void> {
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

async function measure(lab: Lab, planning: Planning, progress: PlanProgress): Promise<void> {
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

function progressOn(lab: Lab): PlanProgress {
  const { stderr, env } = lab.os
  const isTTY = stderr.isTTY === true
  return createPlanProgress({
    write: (text) => stderr.write(text),
    isTTY,
    look: createLook({ colour: wantsColour({ isTTY, env }), unicode: wantsUnicode(env) }),
    columns: () => stderr.columns ?? 80,
    now: () => performance.now(),
  })
}

/** What was typed, without what says where the output goes. */
function commandOf(lab: Lab): string {
  const words = lab.os.argv.slice(2).filter((word) => word !== '--json')
  return ['scalelab', ...words].map(quoted).join(' ')
}

function environmentOf(lab: Lab): ShardPlan['environment'] {
  return {
    scalelab: lab.os.version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
  }
}
