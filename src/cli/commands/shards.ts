import type { Command } from 'commander'
import type { ShardPlan } from '../../core/shard-plan.js'
import { type PlanRequest, plannedShards } from '../../lab/planned-shards.js'
import { writeShardPlan } from '../../lab/report-files.js'
import { quoted } from '../../report/command.js'
import { createRunFolder } from '../../store/run-folder.js'
import { wantsColour, wantsUnicode } from '../../ui/choose-view.js'
import { createPlanProgress, type PlanProgress } from '../../ui/progress/plan-progress.js'
import { createLook } from '../../ui/style.js'
import type { Lab } from '../lab.js'
import {
  addShardPlanOptions,
  keyChoice,
  type ShardPlanOptions,
  schemeOptionsOf,
  schemesOf,
  seedOf,
  stagesOf,
} from '../shard-plan-options.js'

export function add(command: Command, lab: Lab): void {
  const group = command
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
  const request: PlanRequest = {
    schemes,
    mayLeaveOut: all,
    stages,
    options: schemeOptionsOf(options, stages),
    keys: keyChoice(options),
    seed: seedOf(options),
    speed: options.speed,
    command: commandOf(lab),
  }
  // A folder that cannot be written is known before the work, not after it.
  const folder = await createRunFolder(options.out, 'shard-plans', new Date())
  const progress = progressOn(lab)
  try {
    const result: ShardPlan = { ...(await plannedShards(lab, request, progress)), ...(await lab.signed()) }
    progress.close()
    lab.document(result)
    const report = await writeShardPlan(folder, result)
    if (options.json === true) return
    const { renderShardPlanSummary } = await import('../../ui/shard-plan.js')
    lab.print(renderShardPlanSummary(result, lab.look()))
    lab.print(`\nReport: ${report}`)
  } finally {
    progress.close()
    await folder.removeIfEmpty()
  }
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
