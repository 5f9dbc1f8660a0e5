import type { ServerState } from './server.js'

/** What a choice is made from. */
export type Candidate = Pick<ServerState, 'id' | 'position' | 'synchronousStandbyNames'>

export interface StandbyChoice {
  id: string
  /** Why this one, in a few words. */
  why: string
}

/**
 * The standby to promote: the one with the most WAL, so that as little as possible is lost; in a synchronous mode one of
 * those that commits could have waited for, because only among them is one that has every acknowledged write. Ties go
 * to the first id. Null when there is none to choose.
 * @param old the primary that failed: where the list named nobody but itself, its commits waited for ever, and none that
 * was acknowledged is on it alone
 */
export function chooseStandby(candidates: readonly Candidate[], old: string): StandbyChoice | null {
  const names = candidates[0]?.synchronousStandbyNames ?? ''
  const others = synchronousSet(names)?.filter((id) => id !== old.toLowerCase()) ?? []
  const synchronous = others.length === 0 ? null : others
  const eligible = candidates.filter(({ id }) => synchronous === null || synchronous.includes(id.toLowerCase()))
  const [best, next] = [...eligible].sort((a, b) => Number(b.position - a.position) || (a.id < b.id ? -1 : 1))
  if (best === undefined) return null
  const ahead = next === undefined ? null : Number(best.position - next.position)
  const why =
    ahead === null
      ? `the only ${synchronous === null ? '' : 'synchronous '}standby there is`
      : ahead === 0
        ? `as much WAL as ${next?.id}`
        : `${ahead} bytes of WAL more than ${next?.id}`
  return { id: best.id, why }
}

/**
 * The ids in a synchronous_standby_names, in lower case, as PostgreSQL compares them; null for all: none named, or the
 * name `*`.
 * Grammar: https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-SYNCHRONOUS-STANDBY-NAMES
 */
export function synchronousSet(names: string): string[] | null {
  const list = COUNTED.exec(names)?.[1] ?? names
  const ids = [...list.matchAll(NAME)].map(([, quoted, bare]) =>
    (quoted?.replaceAll('""', '"') ?? bare ?? '').toLowerCase(),
  )
  return ids.length === 0 || ids.includes('*') ? null : ids
}

/** A list with the number of standbys that a commit waits for: FIRST 2 (a, b), ANY 1 (a, b), 2 (a, b). */
const COUNTED = /^\s*(?:(?:FIRST|ANY)\s+)?\d+\s*\((.*)\)\s*$/is
/** "in quotes", where a quote is doubled, or not. */
const NAME = /"((?:[^"]|"")*)"|([^\s,"]+)/g
