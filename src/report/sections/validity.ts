import type { RunRecord, Validity } from '../../core/record.js'
import { formatNumber } from '../../core/units.js'
import { formatValue } from '../../core/verdict.js'
import { table } from '../table.js'

/** What was checked about the run itself. */
export function validitySection({ validity }: RunRecord): string {
  if (validity.length === 0) return '## Validity\n\nThe run holds no validity checks: treat its figures with care.'
  const failed = validity.filter((row) => !row.ok)
  const unread = validity.filter((row) => row.value === null)
  return [
    '## Validity',
    table(
      [{ title: 'Check' }, { title: 'Value', align: 'right' }, { title: 'Limit', align: 'right' }, { title: 'Result' }],
      validity.map((row) => [row.check, value(row), limit(row), result(row)]),
    ),
    ...(failed.length === 0 ? [] : [failed.map((row) => `- **${row.check}**: ${row.meaning}.`).join('\n')]),
    ...(unread.length === 0 ? [] : [`Not measured here: ${unread.map((row) => row.check).join(', ')}.`]),
  ].join('\n\n')
}

/** The value of a check with its unit, "-" where it could not be read. */
export function value(row: Validity): string {
  return row.value === null ? '-' : quantity(row.value, row.unit)
}

function result(row: Validity): string {
  if (row.value === null) return row.ok ? 'not measured' : '**failed**'
  return row.ok ? 'ok' : '**failed**'
}

/** The side of the limit on which values are good follows from the outcome. */
function limit(row: Validity): string {
  const shown = quantity(row.limit, row.unit)
  if (row.value === null || row.value === row.limit) return shown
  return `${row.value > row.limit === row.ok ? 'at least' : 'at most'} ${shown}`
}

function quantity(number: number, unit: string): string {
  const share = /^share( of .+)?$/.exec(unit)
  if (share !== null) return `${formatValue(number, 'share')}${share[1] ?? ''}`
  return unit === '' ? formatNumber(number) : `${formatNumber(number)} ${unit}`
}
