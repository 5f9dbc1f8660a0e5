import { Argument, type Command } from 'commander'
import { z } from 'zod'
import { capacityRecordSchema } from '../../core/capacity.js'
import { claimsRecordSchema } from '../../core/claims.js'
import { runRecordSchema } from '../../core/record.js'
import { scenarioSchema } from '../../core/scenario.js'
import { shardPlanSchema } from '../../core/shard-plan.js'
import type { Lab } from '../lab.js'

const SCHEMAS = {
  run: runRecordSchema,
  scenario: scenarioSchema,
  'shard-plan': shardPlanSchema,
  claims: claimsRecordSchema,
  capacity: capacityRecordSchema,
}

export function addSchema(program: Command, lab: Lab): void {
  program
    .command('schema')
    .summary('the JSON Schema of run.json, plan.json, claims.json, capacity.json or a scenario file')
    .description(
      'Prints the JSON Schema (draft 2020-12) of what scalelab writes (run, shard-plan, claims, capacity) or reads (scenario).',
    )
    .addArgument(new Argument('[what]', 'which').choices(Object.keys(SCHEMAS)).default('run'))
    .addHelpText('after', '\nExamples:\n  $ scalelab schema > run.schema.json\n  $ scalelab schema scenario')
    .action((what: keyof typeof SCHEMAS) => lab.printJson(z.toJSONSchema(SCHEMAS[what], { io: 'input' })))
}
