import { Argument, type Command } from 'commander'
import * as z from 'zod'
import { calibrationSchema } from '../../core/calibration.js'
import { capacityRecordSchema } from '../../core/capacity.js'
import { claimsRecordSchema } from '../../core/claims.js'
import { comparisonSchema } from '../../core/comparison.js'
import { experimentSchema } from '../../core/experiment.js'
import { runRecordSchema } from '../../core/record.js'
import { scenarioSchema } from '../../core/scenario.js'
import { shardPlanSchema } from '../../core/shard-plan.js'
import type { Lab } from '../lab.js'

const SCHEMAS = {
  run: runRecordSchema,
  scenario: scenarioSchema,
  experiment: experimentSchema,
  comparison: comparisonSchema,
  'shard-plan': shardPlanSchema,
  claims: claimsRecordSchema,
  calibration: calibrationSchema,
  capacity: capacityRecordSchema,
}

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Prints the JSON Schema (draft 2020-12) of what scalelab writes (run, comparison, capacity, claims, shard-plan, calibration) or reads (scenario, experiment).',
    )
    .addArgument(new Argument('[what]', 'which').choices(Object.keys(SCHEMAS)).default('run'))
    .option('--json', 'as it is anyway', true)
    .addHelpText('after', '\nExamples:\n  $ scalelab schema > run.schema.json\n  $ scalelab schema scenario')
    .action((what: keyof typeof SCHEMAS) => lab.document(z.toJSONSchema(SCHEMAS[what], { io: 'input' })))
}
