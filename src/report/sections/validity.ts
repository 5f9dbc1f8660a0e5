import type { RunRecord, Validity } from '../../core/record.js'
import { remedyFor } from '../../core/remedies.js'
import { bearing, doubtOf, formatChecked, meaningOf, unmeasured } from '../../core/validity.js'
import { table } from '../table.js'

/** What was checked about the run itself. */
export function validitySection(record: RunRecord): string {
  const validity = bearing(record)
  if (validity.length === 0) return '## Validity\n\nThe run holds no validity checks: treat its figures with care.'
  const failed = validity.filter((row) => !row.ok)
  const unread = unmeasured(validity)
  return [
    '## Validity',
    table(
      [{ title: 'Check' }, { title: 'Value', align: 'right' }, { title: 'Limit', align: 'right' }, { title: 'Result' }],
      validity.map((row) => [row.check, value(row), limit(row), result(row)]),
    ),
    ...(failed.length === 0 ? [] : [failed.map((row) => failure(row, record)).join('\n')]),
    ...(unread.length === 0 ? [] : [`Not measured here: ${unread.join('; ')}.`]),
  ].join('\n\n')
}

function failure(row: Validity, record: RunRecord): string {
  const remedy = remedyFor(row, record)
  return `- **${row.check}**: ${meaningOf(row)}.${remedy === null ? '' : ` ${remedy}`}`
}

/** The value of a check with its unit, "-" where it could not be read. */
export function value(row: Validity): string {
  return row.value === null ? '-' : formatChecked(row.value, row.unit)
}

function result(row: Validity): string {
  if (row.ok) return row.value === null ? 'not measured' : 'ok'
  const doubt = doubtOf(row)
  return doubt === undefined ? '**failed**' : `**failed**: ${doubt}`
}

/** The side of the limit on which values are good follows from the outcome. */
function limit(row: Validity): string {
  const shown = formatChecked(row.limit, row.unit)
  if (row.value === null || row.value === row.limit) return shown
  return `${row.value > row.limit === row.ok ? 'at least' : 'at most'} ${shown}`
}
