import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LONG_COMMANDS } from './commands.js'
import { Stage } from './ending.js'
import { WAYS } from './ways.js'

/** Some of what `npm run bench:endings` draws at random, by name and moment. */
describe.runIf(process.platform === 'linux')('a command that is ended', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = new Stage(await mkdtemp(join(tmpdir(), 'scalelab-ended-')))
  })
  afterAll(() => stage.dispose())

  it.each([
    ['up', 'TERM', 300, true],
    ['bench', 'INT', 2_500, true],
    ['bench', 'INT twice', 2_500, false],
    ['bench', 'KILL', 2_000, true],
    ['up with databases', 'KILL', 2_500, false],
    ['bench', 'broken stderr', 2_000, false],
    ['bench', 'parent killed', 2_500, true],
    ['bench of several', 'TERM to the group', 3_500, false],
    ['bench of several', 'broken stdout', 1_000, false],
    ['compare', 'HUP', 4_000, true],
    ['capacity', 'TERM to the group', 4_000, true],
    ['bench of what runs', 'HUP', 1_500, true],
    ['bench of what runs', 'KILL', 1_800, false],
    ['scale', 'INT', 300, true],
  ] as const)('%s by %s after %i ms leaves nothing but its record', async (name, by, afterMs, json) => {
    const command = LONG_COMMANDS[name]
    const way = WAYS.find((one) => one.name === by)
    if (command === undefined || way === undefined) throw new Error(`no command ${name}, or no ending ${by}`)
    const { faults } = await stage.end(command, way, afterMs, json)
    expect(faults).toEqual([])
  })
})
