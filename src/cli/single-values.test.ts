import { Command } from 'commander'
import { afterAll, describe, expect, it } from 'vitest'
import { labErrorOf } from '../core/testing/thrown.js'
import { createProgram } from './program.js'
import { Result } from './result.js'
import { refuseRepeated } from './single-values.js'
import { InProcess } from './testing/in-process.js'

const cli = new InProcess()
afterAll(() => cli.dispose())
const { os } = cli.os([])
const program = await createProgram(os, new Result([]))
const single = program.commands.flatMap((command) =>
  command.options
    .filter(({ required, optional, parseArg }) => (required || optional) && parseArg === undefined)
    .map(({ long }) => [command.name(), long ?? ''] as const),
)
const collected = program.commands.flatMap((command) =>
  command.options.filter(({ parseArg }) => parseArg !== undefined).map(({ long }) => `${command.name()} ${long}`),
)

describe('the command line', () => {
  it.each(single)('%s refuses %s when it is given twice', async (command, flag) => {
    const fresh = await createProgram(os, new Result([]), [command])
    // Nothing runs: options are read before arguments are missed.
    const error = labErrorOf(() => fresh.parse([command, flag, '1', flag, '1'], { from: 'user' }))
    expect(error).toMatchObject({ exitCode: 2, message: `${flag} is given twice` })
  })

  it('says of every option that collects its values that it may be repeated, or takes a list', () => {
    expect(single.length).toBeGreaterThan(100)
    for (const name of collected) expect(name).toMatch(/ --(header|at|image|fault|vary|set|from|to|lose|scheme)$/)
  })

  it('takes an option and its negation for one', () => {
    const parse = (...args: string[]) => {
      const command = new Command().option('--vertical <list>').option('--no-vertical')
      refuseRepeated(command)
      return command.parse(args, { from: 'user' }).opts()
    }
    expect(parse('--no-vertical')).toEqual({ vertical: false })
    expect(labErrorOf(() => parse('--vertical', '2', '--no-vertical')).message).toBe('--no-vertical is given twice')
  })
})
