import type * as z from 'zod'
import { usageError } from '../errors.js'
import type { Kind } from './kinds.js'

/** Headings of a command's help, in their order. */
export const GROUPS = ['load', 'stack', 'databases', 'shards', 'output'] as const
export type Group = (typeof GROUPS)[number]

/** What the rules of parameters look at: as much of a stack as they need. */
export interface StackFacts {
  kind: string
  app: unknown
  work: { kind: string }
  database: { durability: string } | null
  sharding: { scheme: string } | null
}

/** Why a parameter means nothing to a stack: what follows the flag in the message, and what to do instead. */
export interface Refusal {
  why: string
  hint?: string
}

/**
 * One parameter. Everything that is said, read or written of it derives from this: its schema in files, its flag with help
 * and completion, `--vary`, the command that repeats a run, differences between runs, and their names.
 */
export interface Row {
  /** In its section of the plan. */
  key: string
  /** What its flag takes, as help says it ("<n>"), "" for a switch; null for what a scenario's name sets, and no flag. */
  takes: string | null
  kind: Kind<unknown>
  /** In a file that says nothing; null is none. */
  default: unknown
  words: string
  /** What runs are said to differ in. */
  label: string
  /** Why it means nothing to this stack; null where it does. */
  when?: (stack: StackFacts) => Refusal | null
  /** Keys of the same section that mean nothing with another value of this one: they become null, unless they are given. */
  clears?: readonly string[]
  /** At its default it goes without saying in a command. */
  quiet?: true
  /** In the short help. */
  common?: true
  /** Of a machine or of each run for itself: nothing that an experiment varies. */
  own?: true
  /** Names of parameters that are not given beside this one, and what to do. */
  excludes?: { names: readonly string[]; hint: string }
}

/** A row that knows its place. */
export type Parameter<R extends Row = Row> = R & {
  /** In the plan: "database.query_ms". */
  path: string
  group: Group
  /** Of the section and of the row itself. */
  refusal: (stack: StackFacts) => Refusal | null
}

export type Parameters<Rows extends Record<string, Row> = Record<string, Row>> = {
  readonly [Name in keyof Rows]: Parameter<Rows[Name]>
}

/** The rows of one section of a plan, by name: that of the flag, as `queryTime` of --query-time. */
export function section<const Rows extends Record<string, Row>>(
  { at, group, needs }: { at: string; group: Group; needs: (stack: StackFacts) => Refusal | null },
  rows: Rows,
): Parameters<Rows> {
  return Object.fromEntries(
    Object.entries(rows).map(([name, row]) => [
      name,
      {
        ...row,
        path: `${at}.${row.key}`,
        group,
        refusal: (stack: StackFacts) => needs(stack) ?? row.when?.(stack) ?? null,
      },
    ]),
  ) as Parameters<Rows>
}

export type ValueOf<R extends Row> = R['kind'] extends Kind<infer T> ? T : never
/** Values of parameters by name, each of them optional: what flags, settings and callers lay over a scenario. */
export type Values<Rows extends Record<string, Row>> = { -readonly [Name in keyof Rows]?: ValueOf<Rows[Name]> }

/** The value in a file and in a plan: null as well, where there may be none. */
type Kept<R extends Row> = null extends R['default'] ? ValueOf<R> | null : ValueOf<R>

type Shape<Rows extends Record<string, Row>> = {
  [Name in keyof Rows as Rows[Name]['key']]: z.ZodDefault<z.ZodType<Kept<Rows[Name]>, Kept<Rows[Name]>>>
}

/** The section in a file, for z.strictObject. */
export function shapeOf<Rows extends Record<string, Row>>(rows: Rows): Shape<Rows> {
  return Object.fromEntries(
    Object.values(rows).map((row) => {
      const schema = row.default === null ? row.kind.schema.nullable() : row.kind.schema
      return [row.key, schema.default(row.default).describe(row.words)]
    }),
  ) as Shape<Rows>
}

/** The flag of a parameter: "--query-time" of queryTime. */
export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** Refuses values that are declared to exclude each other. @throws LabError (usage) that names all that were given */
export function refuseTogether(
  rows: Readonly<Record<string, Parameter>>,
  values: Readonly<Record<string, unknown>>,
): void {
  const given = (name: string): boolean => values[name] !== undefined && values[name] !== false
  for (const [name, { excludes }] of Object.entries<Parameter>(rows)) {
    if (excludes === undefined || !given(name)) continue
    const together = [name, ...excludes.names.filter(given)]
    if (together.length === 1) continue
    const inOrder = [
      ...Object.keys(rows).filter((row) => together.includes(row)),
      ...together.filter((row) => !(row in rows)),
    ]
    throw usageError(`${inOrder.map(flagOf).join(' and ')} exclude each other`, excludes.hint)
  }
}

/** Holds values that were no text to the bounds of their parameters. @throws LabError (usage) */
export function checkValues(
  rows: Readonly<Record<string, Parameter>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, { kind }] of Object.entries<Parameter>(rows)) {
    if (values[name] !== undefined) kind.check(values[name], flagOf(name))
  }
}
