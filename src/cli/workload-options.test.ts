import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import type { Workload } from '../core/load.js'
import { stackParametersSchema } from '../core/parameters.js'
import { type LoadSection, loadSectionSchema } from '../core/scenario.js'
import { labErrorOf } from '../core/testing/thrown.js'
import { addLoadOptions, applyLoadOptions, type LoadOptions } from './load-options.js'
import { readParameters } from './parameter-options.js'
import { keyspaceOf } from './workload-options.js'

const plain: LoadSection = loadSectionSchema.parse({ mode: 'closed' })
const mixed: LoadSection = loadSectionSchema.parse({
  mode: 'open',
  rps: 100,
  mix: { read: 90, order: 10 },
  keys: { distribution: 'zipf', exponent: 1.2, count: 300 },
  consistency: 'strong',
})
const sections = { plain, mixed }

function workloadOf(section: LoadSection, args: string, rows: number | null = 500): Workload | null {
  return applyLoadOptions(section, optionsOf(args), { rows }).workload
}

function optionsOf(args: string): LoadOptions {
  const command = addLoadOptions(new Command()).exitOverride()
  return readParameters(command.parse(args === '' ? [] : args.split(' '), { from: 'user' })).opts()
}

const weighted = (mix: Partial<Record<string, number>>) =>
  Object.entries(mix).map(([kind, weight]) => ({ kind, weight }))

describe('flags of a mix', () => {
  it.each<[keyof typeof sections, string, object | null]>([
    ['plain', '', null],
    [
      'plain',
      '--mix read:80,write:20',
      {
        mix: weighted({ read: 80, write: 20 }),
        keys: { distribution: 'uniform', count: 500, exponent: 0.99 },
        consistency: 'default',
      },
    ],
    ['plain', '--mix order:0.5,browse:2,stock:1', { mix: weighted({ order: 0.5, browse: 2, stock: 1 }) }],
    ['plain', '--mix read:1 --keys zipf', { keys: { distribution: 'zipf', count: 500, exponent: 0.99 } }],
    [
      'plain',
      '--mix read:1 --keys zipf:1.1 --key-count 50',
      { keys: { distribution: 'zipf', count: 50, exponent: 1.1 } },
    ],
    ['plain', '--mix read:1 --consistency read-your-writes', { consistency: 'read-your-writes' }],
    [
      'mixed',
      '',
      {
        mix: weighted({ read: 90, order: 10 }),
        keys: { distribution: 'zipf', count: 300, exponent: 1.2 },
        consistency: 'strong',
      },
    ],
    ['mixed', '--mix write:1', { mix: weighted({ write: 1 }), keys: { count: 300 }, consistency: 'strong' }],
    ['mixed', '--keys uniform', { keys: { distribution: 'uniform', count: 300 } }],
    ['mixed', '--key-count 7', { keys: { distribution: 'zipf', count: 7, exponent: 1.2 } }],
    ['mixed', '--consistency eventual', { consistency: 'eventual' }],
    // A request of one's own instead of the scenario's mix.
    ['mixed', '--path /health', null],
    ['mixed', '--method POST --body {}', null],
  ])('%s with %j', (section, args, expected) => {
    const workload = workloadOf(sections[section], args)
    if (expected === null) expect(workload).toBeNull()
    else expect(workload).toMatchObject(expected)
  })

  it.each<[keyof typeof sections, string, string, string]>([
    ['plain', '--mix reed:80', 'unknown kind in --mix "reed"', 'Did you mean "read"?\nAllowed: read, write, order'],
    ['plain', '--mix read', '--mix: cannot read "read"', 'Write kind:weight'],
    ['plain', '--mix read:80,', '--mix: cannot read ""', 'Write kind:weight'],
    ['plain', '--mix read:1:2', '--mix: cannot read "read:1:2"', 'Write kind:weight'],
    ['plain', '--mix read:0', '--mix: "0" is not a number from 0.001', ''],
    ['plain', '--mix read:x', '--mix: "x" is not a number', ''],
    ['plain', '--mix read:1,read:2', '--mix: read is given twice', ''],
    ['plain', '--mix read:1 --keys zpf', 'unknown --keys "zpf"', 'Did you mean "zipf"?'],
    ['plain', '--mix read:1 --keys zipf:0', '--keys: "0" is not a number from 0.01 to 10', ''],
    ['plain', '--mix read:1 --keys zipf:1:2', '--keys: cannot read "zipf:1:2"', 'zipf:1.1'],
    ['plain', '--mix read:1 --keys uniform:1', '--keys: uniform has no exponent', 'zipf:1.1'],
    ['plain', '--mix read:1 --key-count 0', '--key-count: "0" is not a whole number from 1 to 999,999', ''],
    ['plain', '--mix read:1 --key-count 501', '501 keys are more than the 500 rows of the stack', 'fewer keys'],
    ['plain', '--mix read:1 --consistency strict', 'unknown --consistency "strict"', 'Allowed: default, eventual'],
    ['plain', '--mix read:1 --path /x', '--mix and --path exclude each other', 'requests of its own'],
    ['plain', '--keys zipf', '--keys belongs to a mix', 'Add --mix'],
    ['plain', '--key-count 5', '--key-count belongs to a mix', 'Add --mix'],
    ['mixed', '--path /health --consistency strong', '--consistency belongs to a mix', 'Add --mix'],
  ])('%s with %j is refused', (section, args, message, hint) => {
    const error = labErrorOf(() => workloadOf(sections[section], args))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  it('knows nothing of the rows of a system of somebody else', () => {
    expect(workloadOf(plain, '--mix read:1', null)?.keys.count).toBe(10_000)
    expect(workloadOf(plain, '--mix read:1 --key-count 20000', null)?.keys.count).toBe(20_000)
  })

  it.each([
    ['--mix read:1', plain, '--mix needs a stack with databases: repl-2 or shard-3'],
    ['', mixed, "the scenario's mix needs a stack with databases: repl-2 or shard-3"],
  ])('with %j are for a stack with databases', (args, section, message) => {
    const error = labErrorOf(() => applyLoadOptions(section, optionsOf(args), null))
    expect(error).toMatchObject({ exitCode: 2, message })
  })
})

const stacks = {
  repl: stackParametersSchema.parse({ kind: 'replicated', replicas: 2, database: { rows: 70 } }),
  shards: stackParametersSchema.parse({ kind: 'sharded', replicas: 2, sharding: { rows: 7_000 } }),
}

describe('keyspaceOf', () => {
  it('is as large as the tables', () => {
    expect(keyspaceOf(stackParametersSchema.parse({ kind: 'single' }))).toBeNull()
    expect(keyspaceOf(stacks.repl)).toMatchObject({ rows: 70 })
    expect(keyspaceOf(stacks.shards)).toMatchObject({ rows: 7_000, products: 1_000 })
  })

  it('has all users of shards, and fewer products', () => {
    const load = applyLoadOptions(plain, optionsOf('--mix read:1,transfer:1,list:1'), keyspaceOf(stacks.shards))
    expect(load.workload?.keys).toMatchObject({ count: 7_000, products: 1_000 })
  })

  it.each<[keyof typeof stacks, string, string, string]>([
    [
      'shards',
      '--mix read:1,stock:1',
      '--mix: this stack has no stock: ',
      'read, write, order, browse, list, transfer',
    ],
    [
      'repl',
      '--mix list:1',
      '--mix: this stack has no list: only shards',
      'Allowed: read, write, order, browse, stock',
    ],
    ['repl', '--mix transfer:1', '--mix: this stack has no transfer: only users of shards', 'Allowed: read,'],
    ['shards', '--mix read:1 --consistency eventual', 'consistency: a shard has no standbys', 'Leave it out'],
    ['shards', '--mix read:1 --key-count 7001', '7,001 keys are more than the 7,000 rows', ''],
  ])('of %s refuses %j', (stack, args, message, hint) => {
    const error = labErrorOf(() => applyLoadOptions(plain, optionsOf(args), keyspaceOf(stacks[stack])))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint ?? '').toContain(hint)
  })

  it("refuses a scenario's mix and consistency, too", () => {
    const listing = loadSectionSchema.parse({ mode: 'closed', mix: { list: 1 } })
    expect(labErrorOf(() => applyLoadOptions(listing, {}, keyspaceOf(stacks.repl))).message).toContain(
      "the scenario's mix: this stack has no list",
    )
    expect(labErrorOf(() => applyLoadOptions(mixed, {}, keyspaceOf(stacks.shards))).message).toContain('consistency')
  })
})
