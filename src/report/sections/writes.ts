import type { RunRecord } from '../../core/record.js'
import { attempts, type WritesRecord } from '../../core/replication.js'
import { formatNumber } from '../../core/units.js'
import { idList } from '../ids.js'
import { count } from '../quantities.js'
import { table } from '../table.js'

/** What became of the writes, by what clients were told and by what the database held afterwards; nothing for reads alone. */
export function writeSection({ writes }: RunRecord): string[] {
  if (writes === undefined || attempts(writes) === 0) return []
  const { acknowledged, refused, unknown, lost, recovered, duplicated } = writes
  const read = (value: number | undefined | null): string =>
    value === undefined || value === null ? 'not read' : formatNumber(value)
  return [
    '## Writes',
    table(
      ['Acknowledged', 'Refused', 'Unknown', 'Lost', 'Recovered', 'Duplicated'].map((title) => ({
        title,
        align: 'right' as const,
      })),
      [
        [
          ...[acknowledged, refused, unknown].map(formatNumber),
          read(lost?.length),
          read(recovered),
          read(duplicated?.length),
        ],
      ],
    ),
    'Writes of the whole run, those of the warm-up among them. Clients were told the first three: done, not done, or nothing (the answer never came). The last three are what reading everything back found: acknowledged and missing is lost, unknown and there is recovered, there twice is duplicated.',
    ...findings(writes),
  ]
}

function findings({ lost, duplicated }: WritesRecord): string[] {
  if (lost === null || duplicated === null) {
    return ['**The database could not be read afterwards**: whether an acknowledged write was lost is not known.']
  }
  return [
    lost.length === 0
      ? 'No acknowledged write was lost.'
      : `**${count(lost.length, 'acknowledged write')} lost**: ${idList(lost)}.`,
    ...(duplicated.length === 0
      ? []
      : [`**${count(duplicated.length, 'write')} there more than once**: ${idList(duplicated)}.`]),
  ]
}
