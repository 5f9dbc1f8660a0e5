import { formatNumber } from '../core/units.js'
import { plain } from './table.js'

/** More ids than this are not all listed: the record has them. */
const LISTED = 50

/** Ids of writes as code: all of up to 50, else the first 50 and how many more there are. */
export function idList(ids: readonly string[]): string {
  const shown = ids.slice(0, LISTED).map((id) => `\`${plain(id).replaceAll('`', "'")}\``)
  const rest = ids.length - shown.length
  return `${shown.join(', ')}${rest === 0 ? '' : ` and ${formatNumber(rest)} more (all of them are in \`run.json\`)`}`
}
