import type { RunRecord } from '../../core/record.js'
import { table } from '../table.js'

/** The event log, numbered as in the charts. */
export function eventSection({ events }: RunRecord): string {
  if (events.length === 0) return '## Events\n\nNothing out of the ordinary was noted.'
  return [
    '## Events',
    table(
      [{ title: 'No.', align: 'right' }, { title: 'Second', align: 'right' }, { title: 'Level' }, { title: 'Event' }],
      events.map(({ t_ms, level, text }, i) => [
        String(i + 1),
        (t_ms / 1_000).toFixed(1),
        level === 'info' ? level : `**${level}**`,
        text,
      ]),
    ),
  ].join('\n\n')
}
