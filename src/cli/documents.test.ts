import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, describe, expect, it } from 'vitest'
import { Interrupted } from './endings.js'
import { createProgram } from './program.js'
import { Result } from './result.js'
import type { Outcome } from './testing/command-line.js'
import { InProcess } from './testing/in-process.js'

// Commands are asked for their names before any test runs.
const cli = new InProcess()
const { folder } = cli
const run = (args: readonly string[], signal?: AbortSignal) => cli.run(args, { signal })
afterAll(() => cli.dispose())

/** The one document there is. @throws where there is none, or more than it */
function documentOf({ code, stdout }: Outcome): Record<string, unknown> {
  const document = JSON.parse(stdout)
  if (code === 0 || code === 5) expect(document).not.toHaveProperty('error')
  else expect(document.error).toEqual({ message: expect.any(String), hint: document.error.hint, exit_code: code })
  return document
}

/** Every command there is, those of groups by both their names. */
const COMMANDS = leaves(await createProgram(cli.os([]).os, new Result([])))

function leaves(command: Command, path: readonly string[] = []): { path: string[]; command: Command }[] {
  return command.commands.flatMap((member) => {
    const words = [...path, member.name()]
    return member.commands.length > 0 ? leaves(member, words) : [{ path: words, command: member }]
  })
}

const WITH_JSON = COMMANDS.filter(({ command }) => command.options.some(({ long }) => long === '--json'))
/** Of those that would run long, or change something, with nothing given. */
const CHEAP: Record<string, string[]> = {
  claims: ['--list'],
  'shards plan': ['--keys', '1000', '--speed', 'none', '--out', 'OUT'],
}

describe('one JSON document', () => {
  it('is what every command with a result has', () => {
    const without = COMMANDS.filter((command) => !WITH_JSON.includes(command)).map(({ path }) => path.join(' '))
    // Files for other programs: a Compose file, and the completion of a shell.
    expect(without).toEqual(['compose', 'completion'])
  })

  it.each(COMMANDS.map(({ path }) => [path.join(' '), path] as const))('%s with an unknown flag', async (_, path) => {
    const outcome = await run([...path, '--no-such-flag', '--json'])
    expect(outcome.code).toBe(2)
    expect(documentOf(outcome).error).toMatchObject({
      message: expect.stringMatching(/unknown option|missing required/),
    })
    expect(outcome.stderr.match(/^error: /gm)).toHaveLength(1)
  })

  it.each(WITH_JSON.map(({ path }) => [path.join(' '), path] as const))('%s with nothing else', async (name, path) => {
    const extra = (CHEAP[name] ?? []).map((word) => (word === 'OUT' ? join(folder, 'out') : word))
    documentOf(await run([...path, ...extra, '--json']))
  })

  it.each([
    ['up', 'lb-2'],
    ['bench', 'lb-2'],
    ['bench', 'single', 'lb-2'],
    ['capacity', 'single'],
    ['compare', 'single', 'lb-2'],
    ['run', 'lb-three-times'],
    ['scaling', 'lb'],
    ['claims', 'single'],
    ['doctor', '--calibrate'],
    ['shards', 'plan', '--keys', '1e5'],
  ])('%s %s when interrupted at once', async (...args) => {
    const ending = new AbortController()
    ending.abort(new Interrupted('Interrupted'))
    const out = ['up', 'doctor'].includes(args[0] ?? '') ? [] : ['--out', join(folder, 'out')]
    const outcome = await run([...args, ...out, '--json'], ending.signal)
    expect(outcome.code).toBe(130)
    expect(documentOf(outcome).error).toMatchObject({ message: 'Interrupted' })
  })

  it.each([
    ['--json'],
    ['no-such-command', '--json'],
    ['schema', 'rnu', '--json'],
    ['sql', '--json'],
    ['report', join(tmpdir(), 'no-such-record'), '--json'],
  ])('of %j is the mistake', async (...args) => {
    const outcome = await run(args)
    expect(outcome.code).toBe(2)
    documentOf(outcome)
  })

  it('is not written for help, whose text nobody takes for it', async () => {
    expect(await run(['bench', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage:') })
  })
})

describe('beside an error', () => {
  const error = { message: 'it failed', hint: null, exit_code: 4 } as const

  it.each([
    [undefined, { error }],
    [null, { error }],
    [{ runs: [1] }, { runs: [1], error }],
    [[1, 2], { results: [1, 2], error }],
    [{ error: 'of its own' }, { error }],
  ])('what had been found is kept: %j', (found, document) => {
    const result = new Result(['node', 'scalelab', 'bench', '--json'])
    result.document(found)
    expect(JSON.parse(result.text(error) ?? '')).toEqual(document)
  })

  it.each([
    [['sql', 'SELECT 1'], false],
    [['sql', 'SELECT 1', '--json'], true],
    [['sql', '--', '--json'], false],
  ])('%j asks for one: %s', (args, asked) => {
    expect(new Result(['node', 'scalelab', ...args]).json).toBe(asked)
  })
})
