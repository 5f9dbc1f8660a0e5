import type { RunRecord } from '../../core/record.js'
import { stackParametersOf } from '../../core/record-parameters.js'
import { formatNumber, formatShare } from '../../core/units.js'
import { type Prediction, type RunTheory, type TheoryFigures, theoryOf } from '../../stats/run-theory.js'
import { capital, count, list, ms, numberOr } from '../quantities.js'
import { plain, table } from '../table.js'

const FIGURES = ['mean', 'p50', 'p95', 'p99'] as const
/** Deviations of up to so many standard deviations are left to chance. */
const CHANCE = 2

/** What queueing theory says of the run beside what was measured, or which of its assumptions fail; nothing for databases. */
export function theorySection(record: RunRecord): string[] {
  const theory = theoryOf(record)
  if (theory === null) return []
  if ('fails' in theory) {
    return [
      '## Theory beside measurement',
      `Queueing theory has no figures for this run: ${plain(list(theory.fails))}.`,
    ]
  }
  return [
    '## Theory beside measurement',
    subjectWords(theory),
    theoryTable(theory),
    [
      'In brackets: how far what was measured lies from it.',
      floorWords(record, theory),
      ...(theory.predictions.some(({ model }) => model === 'best of two')
        ? [
            `Best of two is a limit: with ${theory.instances} instances instead of many, two choices cannot be better than one queue for all.`,
          ]
        : []),
      ...(theory.predictions.some(({ p50 }) => p50 === null)
        ? ['Of a service time that is not exponential, theory knows the mean alone (Pollaczek and Khinchine).']
        : []),
    ].join(' '),
    verdictWords(record, theory),
  ]
}

function subjectWords({ instances, workers, serviceMs, arrivals, utilisation, predictions }: RunTheory): string {
  const own = predictions.find((prediction) => prediction.own)
  const stack = `${instances === 1 ? 'One instance' : count(instances, 'instance')} of ${count(workers, 'worker')}${instances === 1 ? '' : ' each'}`
  return `${stack}, ${formatNumber(serviceMs)} ms of service per request on average, and ${formatNumber(arrivals)} requests/s that came: a load of ${formatShare(utilisation)}${own === undefined ? '' : `, which is ${own.model}`}.`
}

function theoryTable({ measured, predictions }: RunTheory): string {
  const name = ({ model, words, own }: Prediction): string =>
    own && predictions.length > 1 ? `**${model}: ${words}, as here**` : `${model}: ${words}`
  return table(
    [{ title: 'Response time, ms' }, ...FIGURES.map((title) => ({ title, align: 'right' as const }))],
    [
      ['measured', ...FIGURES.map((figure) => numberOr(measured[figure]))],
      ...predictions.map((prediction) => [
        name(prediction),
        ...FIGURES.map((figure) => predicted(prediction[figure], measured[figure])),
      ]),
    ],
  )
}

function predicted(value: number | null, measured: number | null): string {
  if (value === null) return '-'
  return measured === null ? formatNumber(value) : `${formatNumber(value)} (${signed(measured / value - 1)})`
}

/** "+3.1 %", "-0.4 %". */
function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${formatShare(Math.abs(share))}`
}

function floorWords(record: RunRecord, { floorMs }: RunTheory): string {
  const parts = [
    'HTTP',
    'the loopback',
    ...(record.nodes.some(({ role }) => role === 'balancer') ? ['the balancer'] : []),
  ]
  return `Every prediction holds the floor of ${ms(floorMs)}, the smallest response time of the run: somebody waited for nobody and was served in no time, so that is what ${list(parts)} cost at least.`
}

function verdictWords(record: RunRecord, theory: RunTheory): string {
  const own = theory.predictions.find((prediction) => prediction.own)
  return own === undefined ? betweenWords(record, theory) : ownWords(own, theory)
}

/** Whether chance explains how far the mean is from the prediction. */
function ownWords({ model, mean }: Prediction, { measured, spread, instances, predictions }: RunTheory): string {
  if (mean === null || measured.mean === null) return ''
  const off = measured.mean / mean - 1
  const scatter = `${instances > 1 ? 'at most about' : 'about'} ${formatShare(spread)}`
  // Daley's variance is that of exponential service and Poisson arrivals; what comes or is served evenly scatters less.
  const chance = `Chance alone scatters the mean of a run so long at this load by ${model === 'M/M/1' ? scatter : `at most about ${formatShare(spread)}`} (one standard deviation)`
  const judged =
    Math.abs(off) <= CHANCE * spread
      ? `${chance}, which explains it.`
      : `${chance}, which does not explain it: ${off > 0 ? 'what a request costs beside the model is more than the floor on average (processors that are busy, timers, connections); the same run with `--work none` shows how much' : 'requests waited less than the model says'}.`
  return `The measured mean is ${formatShare(Math.abs(off))} ${off < 0 ? 'below' : 'above'} ${predictions.length > 1 ? `that of ${model}` : 'the prediction'}. ${judged}`
}

/** For strategies without a closed form: whether the figures lie between those of the best and the worst one. */
function betweenWords(record: RunRecord, { measured, predictions }: RunTheory): string {
  const [best, worst] = [predictions[0], predictions.at(-1)]
  const strategy = stackParametersOf(record)?.strategy ?? 'this strategy'
  if (best === undefined || worst === undefined) return ''
  const outside = FIGURES.flatMap((figure) => beside(figure, measured, best, worst))
  const bracket = `For ${strategy} there is no closed form; it must lie between one queue for all (${best.model}) and a queue for each (${worst.model}).`
  if (outside.length === 0) return `${bracket} **It does**, in the mean and in every percentile.`
  return outside.length === FIGURES.length
    ? `${bracket} **It does not**: ${capital(list(outside))}.`
    : `${bracket} It does, except that ${list(outside)}.`
}

function beside(
  figure: (typeof FIGURES)[number],
  measured: TheoryFigures,
  best: Prediction,
  worst: Prediction,
): string[] {
  const [value, low, high] = [measured[figure], best[figure], worst[figure]]
  if (value === null || low === null || high === null || (value >= low && value <= high)) return []
  return value < low
    ? [`its ${figure} is ${formatShare(1 - value / low)} below ${best.model}`]
    : [`its ${figure} is ${formatShare(value / high - 1)} above ${worst.model}`]
}
