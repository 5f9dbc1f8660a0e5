import { usageError } from '../errors.js'
import type { StackParameters } from '../parameters.js'
import { DATABASE } from './database.js'
import { flagOf, type Parameter, type StackFacts, type Values } from './row.js'
import { SHARDING } from './sharding.js'

/** The parameters of a stack, section by section: in this order they stand in a help and in a command. */
export const STACK_SECTIONS = [DATABASE, SHARDING] as const

/** Values to lay over a scenario's stack, typed: `{ queryTime: 25, durability: 'on' }`. Times are in milliseconds. */
export type StackValues = Values<typeof DATABASE> & Values<typeof SHARDING>

/** Every row of this name: several where sections share a flag. */
function rowsOf(name: string): Parameter[] {
  return STACK_SECTIONS.flatMap((rows: Readonly<Record<string, Parameter>>) => rows[name] ?? [])
}

/**
 * A scenario's stack with values laid over it, whoever gives them: flags, settings of an experiment, another module. Names
 * that are no parameter of a stack are left alone.
 * @throws LabError (usage) that names the flag of a value out of bounds, or of one that would change nothing
 */
export function layValues(base: StackParameters, values: StackValues): StackParameters {
  const changed = structuredClone(base)
  const laid = Object.entries(values).flatMap(([name, value]) => {
    const rows = value === undefined ? [] : rowsOf(name)
    const row = rows.find(({ path }) => sectionAt(changed, path) !== null) ?? rows[0]
    if (row === undefined) return []
    const flag = flagOf(name)
    const section = sectionAt(changed, row.path)
    if (section === null) throw refused(flag, row, changed)
    row.kind.check(value, flag)
    section[row.key] = value
    return [{ flag, row, section }]
  })
  for (const { row, section } of laid) {
    const own = new Set(laid.filter((other) => other.section === section).map((other) => other.row.key))
    for (const key of row.clears ?? []) if (!own.has(key)) section[key] = null
  }
  const idle = laid.find(({ row }) => row.refusal(changed) !== null)
  if (idle !== undefined) throw refused(idle.flag, idle.row, changed)
  return changed
}

/** A flag that would change nothing is a misunderstanding, and is refused rather than ignored. */
function refused(flag: string, row: Parameter, stack: StackFacts): Error {
  const { why = ' means nothing here', hint } = row.refusal(stack) ?? {}
  return usageError(`${flag}${why}`, hint)
}

/** The object that holds what is at this path; null where the stack has no such section. */
export function sectionAt(stack: StackParameters, path: string): Record<string, unknown> | null {
  const [, ...names] = path.split('.').toReversed()
  return names.reduceRight<Record<string, unknown> | null>(
    (at, name) => (at?.[name] ?? null) as Record<string, unknown> | null,
    stack,
  )
}

/** The flag behind a place in a stack's parameters, for what only the schema of all of them knows. */
export function flagAt(path: string): string | undefined {
  return STACK_SECTIONS.flatMap((rows) => Object.entries<Parameter>(rows)).flatMap(([name, row]) =>
    row.path === path && row.takes !== null ? [flagOf(name)] : [],
  )[0]
}

/** What a stack's parameters hold, as its flag takes it; null where there is none. It may mean nothing to this stack. */
export function held(stack: StackParameters | null, row: Parameter): string | null {
  const value = stack === null ? null : (sectionAt(stack, row.path)?.[row.key] ?? null)
  return value === null ? null : row.kind.format(value)
}

/** The same where it means something. */
export function setting(stack: StackParameters | null, row: Parameter): string | null {
  return stack === null || row.refusal(stack) !== null ? null : held(stack, row)
}

/** Flags with their values that give a scenario these sections of its parameters again. */
export function flagsFor(stack: StackParameters): string[] {
  return STACK_SECTIONS.flatMap((rows) => Object.entries<Parameter>(rows)).flatMap(([name, row]) => {
    const text = row.takes === null ? null : setting(stack, row)
    if (text === null || (row.quiet === true && text === row.kind.format(row.default))) return []
    return [flagOf(name), text]
  })
}
