import { formatDuration, formatNumber } from '../../core/units.js'
import { drawBar } from '../chart.js'
import { type Line, type Look, renderLine } from '../style.js'
import { displayWidth, oneLine } from '../width.js'

/** What a comparison has measured so far of one variant. No verdicts: who looks at them early stops when they please. */
export interface VariantProgress {
  name: string
  /** Of the deciding figure, in the order of the runs. */
  values: readonly number[]
  /** Runs that were voided. */
  voided: number
  failure: string | null
}

export interface CompareProgressState {
  /** Under way; null between two. */
  running: { variant: string; block: number } | null
  blocks: number
  done: number
  total: number
  leftMs: number | null
  /** As in "achieved rate, requests/s". */
  figure: string
  variants: readonly VariantProgress[]
}

export interface CompareProgressOptions {
  write: (text: string) => void
  isTTY: boolean
  look: Look
  columns: () => number
}

export interface CompareProgress {
  update(state: CompareProgressState): void
  /** A line that stays, above what is drawn over. */
  note(text: string): void
  /** Takes what is drawn over off the terminal. Idempotent. */
  close(): void
}

/** The runs of a comparison as they come in: lines that are drawn over on a terminal, elsewhere one line a run. */
export function createCompareProgress({ write, isTTY, look, columns }: CompareProgressOptions): CompareProgress {
  let drawn = 0
  let told = 0
  let latest: CompareProgressState | null = null
  const clear = (): void => {
    if (drawn > 0) write(`\x1b[${drawn}A\x1b[0J`)
    drawn = 0
  }
  const draw = (state: CompareProgressState): void => {
    clear()
    const lines = compareFrame(state, columns() - 1, look)
    write(`${lines.join('\n')}\n`)
    drawn = lines.length
  }
  return {
    update(state) {
      latest = state
      if (isTTY) {
        draw(state)
        return
      }
      // Where nothing can be drawn over, a run is told when it begins.
      if (state.running === null || state.done < told) return
      told = state.done + 1
      write(`${headline(state)}\n`)
    },
    note(text) {
      clear()
      write(`${text}\n`)
      if (isTTY && latest !== null) draw(latest)
    },
    close: clear,
  }
}

/** One frame: how far it is, and the figures of each variant as they came in. */
export function compareFrame(state: CompareProgressState, width: number, look: Look): string[] {
  const { done, total, variants, figure } = state
  const names = Math.min(30, Math.max(...variants.map(({ name }) => displayWidth(name))))
  const values = variants.flatMap((variant) => variant.values)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const bar = drawBar(total === 0 ? 0 : done / total, 24, look.glyphs)
  const lines: Line[] = [
    [[bar, 'data'], [`  ${headline(state)}`]],
    [[figure, 'dim']],
    ...variants.map(({ name, values: mine, voided, failure }): Line => {
      const label = oneLine(name).padEnd(names)
      if (failure !== null) return [[`${label}  `], [`cannot run: ${oneLine(failure)}`, 'bad']]
      if (mine.length === 0) return [[`${label}  `], ['-', 'dim']]
      const sorted = mine.toSorted((a, b) => a - b)
      const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
      return [
        [`${label}  `],
        [formatNumber(middle).padStart(8), 'strong'],
        [`  ${strip(mine, low, high, look)}`, 'data'],
        [`  ${mine.length} ${mine.length === 1 ? 'run' : 'runs'}`, 'dim'],
        ...(voided === 0 ? [] : [[`, ${voided} voided`, 'warn'] as const]),
      ]
    }),
  ]
  return lines.map((line) => renderLine(line, width, look))
}

function headline({ running, blocks, done, total, leftMs }: CompareProgressState): string {
  const where =
    running === null
      ? `${done} of ${total} runs`
      : `run ${done + 1} of ${total}  block ${running.block} of ${Math.max(blocks, running.block)}  ${oneLine(running.variant)}`
  return leftMs === null ? where : `${where}  ${formatDuration(leftMs)} left`
}

/** Values as columns between the lowest and the highest of all variants. */
function strip(values: readonly number[], low: number, high: number, { glyphs }: Look): string {
  const steps = glyphs.levels.length - 2
  return values
    .slice(-40)
    .map((value) => glyphs.levels[1 + (high > low ? Math.round(((value - low) / (high - low)) * steps) : 0)] ?? '')
    .join('')
}
