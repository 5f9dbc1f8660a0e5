import { usageError } from '../../core/errors.js'

/** A value of synchronous_standby_names, taken apart. */
interface SyncStandbys {
  method: 'ANY' | 'FIRST'
  /** How many must answer before a commit is acknowledged. */
  wanted: number
  /** Ids of servers; null for everybody (*). */
  names: string[] | null
}

/** Without a method PostgreSQL waits for the first of the list. The schema of the parameters has checked the form. */
function parse(text: string): SyncStandbys {
  const match = /^(?:(ANY|FIRST) (\d) )?\((.+)\)$/i.exec(text)
  if (match === null) throw new Error(`${text} is no list of standbys`)
  const [, method = 'FIRST', wanted = '1', list = ''] = match
  return {
    method: method.toUpperCase() === 'ANY' ? 'ANY' : 'FIRST',
    wanted: Number(wanted),
    names: list === '*' ? null : list.split(/, ?/).map((name) => name.toLowerCase()),
  }
}

/** The list as PostgreSQL reads it: names with a dash are quoted. */
export function syncStandbyNames(text: string): string {
  const { method, wanted, names } = parse(text)
  return `${method} ${wanted} (${names === null ? '*' : names.map((name) => `"${name}"`).join(', ')})`
}

/**
 * Refuses a list that no commit could satisfy. The first primary may be named: after a failover it is a standby.
 * @throws LabError (usage)
 */
export function checkSyncStandbys(text: string, primary: string, standbys: readonly string[]): void {
  const { wanted, names } = parse(text)
  const known = [primary, ...standbys]
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw usageError(`--sync-standbys: ${text} names ${unknown}, which is not there`, `Allowed: ${known.join(', ')}, *`)
  }
  const twice = names?.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw usageError(`--sync-standbys: ${text} names ${twice} twice`)
  const most = names === null ? standbys.length : names.filter((name) => name !== primary).length
  if (wanted <= most) return
  const there = names === null ? `the stack has ${most}` : `the list has ${most} (${primary} is the primary)`
  throw usageError(
    `--sync-standbys: ${text} waits for ${wanted} standby${wanted === 1 ? '' : 's'}, and ${there}: no commit would ever be acknowledged`,
    `As in --sync-standbys 'ANY ${Math.min(wanted, standbys.length)} (*)'`,
  )
}
