import { execFile } from 'node:child_process'
import { type Command, Option } from 'commander'
import { usageError } from '../core/errors.js'
import type { Os } from './os.js'

/** A report is passed on: a name belongs to it, an address does not. */
const isAddress = (text: string): boolean => text.includes('@')

/** git answers at once or not at all. */
const GIT_MS = 2_000

/** Every command that writes reports (it says where: --out) takes the name of who makes them. */
export function addAuthorOption(command: Command): void {
  for (const sub of command.commands) addAuthorOption(sub)
  const writes = command.options.some(({ long }) => long === '--out')
  // A report that is made again has the authors of its records.
  if (!writes || command.name() === 'report' || command.name() === 'compose') return
  command.addOption(new Option('--author <name>', "who makes it, as the report says (default: git's user.name)"))
}

/**
 * The author of what a command measures.
 * @param given as --author has it; an empty name asks for none
 * @throws LabError (usage) for an address
 */
export async function authorOf(os: Pick<Os, 'cwd' | 'env'>, given: string | undefined): Promise<string | undefined> {
  if (given !== undefined && isAddress(given)) {
    throw usageError('--author: a name is asked for, and never an address', "As in --author 'Ada Lovelace'")
  }
  const name = (given ?? (await gitName(os))).replace(/\s+/g, ' ').trim().slice(0, 100)
  return name === '' || isAddress(name) ? undefined : name
}

/** The name that git commits under; empty where there is no git, or none is set. */
function gitName({ cwd, env }: Pick<Os, 'cwd' | 'env'>): Promise<string> {
  return new Promise((resolve) => {
    execFile('git', ['config', 'user.name'], { cwd, env, timeout: GIT_MS }, (error, stdout) => {
      resolve(error === null ? stdout : '')
    })
  })
}
