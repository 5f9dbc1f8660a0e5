import type { ActionRecord } from '../../core/actions.js'
import type { RunRecord } from '../../core/record.js'
import { actionsOf } from '../../core/record-actions.js'
import { formatDuration } from '../../core/units.js'
import { plain, table } from '../table.js'

/** "Timeline" is a term of PostgreSQL in these reports. */
const ASKED: Record<ActionRecord['by'], string> = { timeline: 'as planned', end: 'at the end' }

/** What was done to the stack while the load ran, and what failed until the next thing was done; nothing of other runs. */
export function actionSection(record: RunRecord): string[] {
  const actions = actionsOf(record)
  if (actions.length === 0) return []
  const failed = failedAfter(actions, record)
  return [
    [
      '## Actions',
      table(
        [
          { title: 'No.', align: 'right' },
          { title: 'Action' },
          { title: 'Asked for' },
          { title: 'Began at', align: 'right' },
          { title: 'Took', align: 'right' },
          { title: 'Outcome' },
          { title: 'Failed requests until the next', align: 'right' },
        ],
        actions.map(({ action, by, began_ms, ended_ms, outcome, error, undoes }, index) => [
          String(index + 1),
          plain(action),
          undoes === undefined ? ASKED[by] : `${ASKED[by]}, takes ${undoes} back`,
          began_ms === null ? '-' : `${(began_ms / 1_000).toFixed(1)} s`,
          began_ms === null || ended_ms === null ? '-' : formatDuration(ended_ms - began_ms),
          outcome === 'failed' ? `**failed**: ${plain(error ?? '')}` : outcome,
          String(failed.get(index) ?? '-'),
        ]),
      ),
      'Requests that failed are counted by the moment at which that was known, to about half a second, and by the action that had begun last: what an action costs, and what it brought about. A request that was lost to a time-out is known so late. Reconnects are not counted.',
    ].join('\n\n'),
  ]
}

/** Of each action that began while the load ran, by its place: answers of 400 and more, and requests lost. */
function failedAfter(actions: readonly ActionRecord[], { timeline }: RunRecord): Map<number, number> {
  const failed = new Map<number, number>()
  const begun = actions
    .map(({ began_ms }, index) => ({ began: began_ms, index }))
    .flatMap(({ began, index }) => (began === null ? [] : [{ began, index }]))
    .toSorted((a, b) => a.began - b.began)
  for (const [i, { t_ms, errors_per_s }] of timeline.entries()) {
    const last = begun.findLast(({ began }) => began < t_ms)
    if (last === undefined) continue
    const seconds = (t_ms - (timeline[i - 1]?.t_ms ?? 0)) / 1_000
    failed.set(last.index, (failed.get(last.index) ?? 0) + errors_per_s * seconds)
  }
  return new Map([...failed].map(([index, count]) => [index, Math.round(count)]))
}
