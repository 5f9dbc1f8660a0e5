import type { JudgedVariant } from '../stats/comparison.js'
import { effectText } from '../stats/effect.js'
import { type Cell, renderTable, type TextOptions } from './table.js'
import { oneLine } from './width.js'

/** One figure of one variant in two comparisons. */
interface Twice {
  old: JudgedVariant
  new: JudgedVariant
  agree: boolean | null
}

/** Effects of two comparisons side by side. */
export function renderComparedDiffTable(rows: readonly Twice[], options: TextOptions): string {
  return renderTable(
    ['figure', 'variant', { title: 'older', align: 'right' }, { title: 'newer', align: 'right' }, 'verdicts', 'agree'],
    rows.map(({ old, new: recent, agree }): Cell[] => [
      old.metric.short ?? old.metric.label,
      oneLine(old.variant),
      effect(old),
      effect(recent),
      old.judged.verdict === recent.judged.verdict
        ? old.judged.verdict
        : `${old.judged.verdict}, now ${recent.judged.verdict}`,
      agree === null ? '-' : agree ? 'yes' : ['no', 'bad'],
    ]),
    options,
  )
}

function effect({ judged, metric }: JudgedVariant): string {
  if (judged.effect === null) return '-'
  const format = (value: number): string => effectText(value, judged.scale, metric)
  return judged.interval === null
    ? format(judged.effect)
    : `${format(judged.effect)} (${judged.interval.map(format).join(' - ')})`
}
