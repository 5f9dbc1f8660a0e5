import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAuthorOption, authorOf } from './author.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-author-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** As if git had this name, or none; nothing else of this machine's settings is read. */
async function at(name: string | null) {
  const file = join(folder, 'gitconfig')
  await writeFile(file, name === null ? '' : `[user]\n\tname = ${name}\n\temail = ada@example.org\n`)
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: file, GIT_CONFIG_NOSYSTEM: '1', HOME: folder }
  return { cwd: folder, env }
}

describe('authorOf', () => {
  it.each<[string, string | null, string | undefined, string | undefined]>([
    ['the name that is given', 'Ada Lovelace', 'Grace Hopper', 'Grace Hopper'],
    ["else git's", 'Ada Lovelace', undefined, 'Ada Lovelace'],
    ['or nobody', null, undefined, undefined],
    ['nobody when none is asked for', 'Ada Lovelace', '', undefined],
    ['never an address that stands for a name', 'ada@example.org', undefined, undefined],
    ['one line', null, ' Ada\n  Lovelace ', 'Ada Lovelace'],
  ])('is %s', async (_, git, given, expected) => {
    expect(await authorOf(await at(git), given)).toBe(expected)
  })

  it('is nobody where there is no git', async () => {
    expect(await authorOf({ cwd: folder, env: { PATH: folder } }, undefined)).toBeUndefined()
  })

  it('refuses an address', async () => {
    await expect(authorOf(await at(null), 'Ada <ada@example.org>')).rejects.toThrow('never an address')
  })
})

describe('addAuthorOption', () => {
  it('is for every command that writes reports, below others too', () => {
    const program = new Command()
    const bench = program.command('bench').option('--out <dir>')
    const plan = program.command('shards').command('plan').option('--out <dir>')
    const down = program.command('down')
    addAuthorOption(program)
    const has = (command: Command): boolean => command.options.some(({ long }) => long === '--author')
    expect([bench, plan, down].map(has)).toEqual([true, true, false])
  })
})
