import type { RunRecord } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { plain, table } from '../table.js'

/** Where it ran, with versions, and what the engine could not do. */
export function environmentSection({ environment, engine }: Pick<RunRecord, 'environment' | 'engine'>): string {
  const rows = [
    ['scalelab', environment.scalelab],
    ['Node.js', environment.node],
    ['engine', engine ?? 'none: the system was already running'],
    ['platform', environment.platform],
    ['processor', `${environment.cpu}, ${formatNumber(environment.cores)} cores`],
    ['memory', `${formatNumber(environment.memory_mib)} MiB`],
    ...Object.entries(environment.software),
  ]
  return [
    '## Environment',
    table([{ title: '' }, { title: 'Version or size' }], rows),
    ...(environment.notes.length === 0 ? [] : [environment.notes.map((note) => `- ${plain(note)}`).join('\n')]),
  ].join('\n\n')
}
