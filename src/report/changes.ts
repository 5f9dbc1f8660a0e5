import type { RunRecord } from '../core/record.js'
import { formatDuration, formatNumber } from '../core/units.js'
import { differences } from './differences.js'
import { isReshard } from './reshard-words.js'

/** Something that was not the same in two runs. */
export interface Change {
  what: string
  kind: 'experiment' | 'stack' | 'load' | 'seed' | 'laboratory'
  old: string
  new: string
}

type Read = (record: RunRecord) => string

/** What a comparison of different stacks need not tell, and one of the same stack on different days must. */
const FURTHER: readonly { what: string; kind: Change['kind']; read: Read }[] = [
  { what: 'scenario', kind: 'experiment', read: ({ scenario }) => scenario },
  { what: 'scenario file', kind: 'experiment', read: ({ scenario_file }) => scenario_file ?? 'built in' },
  {
    what: 'kind of run',
    kind: 'experiment',
    read: (record) => (record.trial !== undefined ? 'drill' : isReshard(record) ? 'migration' : 'run'),
  },
  { what: 'request', kind: 'load', read: requestWords },
  { what: 'timeout', kind: 'load', read: ({ load }) => formatDuration(load.timeout_ms) },
  { what: 'generators', kind: 'load', read: ({ load }) => formatNumber(load.generators) },
  { what: 'seed', kind: 'seed', read: ({ seed }) => String(seed) },
  {
    what: 'memory of the machine',
    kind: 'laboratory',
    // What the kernel takes for itself differs by some MiB from boot to boot.
    read: ({ environment }) => `${formatNumber(Math.round(environment.memory_mib / 1_024))} GiB`,
  },
]

/**
 * Everything that was changed between two runs, as far as their records tell: what they asked, stack, load, seed, machine
 * and versions. Parameters that no name is known for are told by their path.
 */
export function changesBetween(older: RunRecord, newer: RunRecord): Change[] {
  const further = (kinds: readonly Change['kind'][]): Change[] =>
    FURTHER.filter(({ kind }) => kinds.includes(kind))
      .map(({ what, kind, read }) => ({ what, kind, old: read(older), new: read(newer) }))
      .filter((change) => change.old !== change.new)
  const known = differences([older, newer]).map(
    ({ name, kind, values }): Change => ({ what: name, kind, old: values[0] ?? '-', new: values[1] ?? '-' }),
  )
  const named = [...further(['experiment']), ...known, ...further(['load', 'seed', 'laboratory'])]
  return [...named, ...parameterChanges(older, newer, named), ...versionChanges(older, newer)]
}

/** Those among which a change of figures has to be explained: not the seed, which every repeat may change. */
export function tellingChanges(changes: readonly Change[]): Change[] {
  return changes.filter(({ kind }) => kind !== 'seed')
}

function requestWords({ load: { request, workload } }: RunRecord): string {
  return workload === undefined ? `${request.method} ${request.path}` : 'by the mix'
}

/** A port is found anew by every stack. */
const UNTOLD: readonly string[] = ['port']

function parameterChanges(older: RunRecord, newer: RunRecord, named: readonly Change[]): Change[] {
  const [was, is] = [leaves(older.parameters), leaves(newer.parameters)]
  const told = new Set(named.map((change) => JSON.stringify([bare(change.old), bare(change.new)])))
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((path) => {
    const [old, recent] = [was.get(path) ?? '-', is.get(path) ?? '-']
    if (old === recent || UNTOLD.includes(path) || told.has(JSON.stringify([bare(old), bare(recent)]))) return []
    return [{ what: path, kind: 'stack' as const, old, new: recent }]
  })
}

/** "1,500" and "1500" are one value. */
function bare(text: string): string {
  return text.replaceAll(',', '')
}

/** The values in a JSON object by their paths, as in "work.mean_ms"; lists are values. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const text = Array.isArray(value) ? value.map(String).join(',') : value === null ? 'none' : String(value)
    return new Map([[path, text]])
  }
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, path === '' ? key : `${path}.${key}`)]),
  )
}

function versionChanges({ environment: older }: RunRecord, { environment: newer }: RunRecord): Change[] {
  const programs = new Set([...Object.keys(older.software), ...Object.keys(newer.software)])
  return [...programs].flatMap((what) => {
    const [old, recent] = [older.software[what] ?? '-', newer.software[what] ?? '-']
    return old === recent ? [] : [{ what, kind: 'laboratory' as const, old, new: recent }]
  })
}
