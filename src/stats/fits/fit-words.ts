import { formatNumber, formatRatio, formatShare } from '../../core/units.js'
import type { Fits } from './fits.js'
import type { Interval } from './scaling-law.js'
import type { UslFit } from './usl.js'

/** A fitted parameter with four digits: "995.6", "0.02672", "7.691e-7". */
export function formatParameter(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-5) return value.toPrecision(4)
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}

export function formatInterval([low, high]: Interval): string {
  return `${formatParameter(low)} to ${formatParameter(high)}`
}

/** A parameter of a law in a row of a table; of an error there is no interval. */
export interface FitRow {
  law: 'USL' | 'Amdahl'
  name: string
  value: string
  interval: string
  meaning: string
}

/** The parameters of both laws and their errors, as rows of a table. */
export function fitRows({ usl, amdahl }: Fits): FitRow[] {
  const meanings = {
    gamma: 'throughput of one',
    sigma: 'contention: the share that only one does at a time',
    kappa: 'coherency: what agreement costs each pair',
  }
  const rows = (law: FitRow['law'], fit: NonNullable<typeof usl> | typeof amdahl): FitRow[] => [
    ...(Object.entries(fit.intervals) as [keyof typeof meanings, Interval][]).map(([name, interval]) => ({
      law,
      name,
      value: formatParameter(fit[name]),
      interval: formatInterval(interval),
      meaning: law === 'Amdahl' && name === 'sigma' ? 'the serial fraction' : meanings[name],
    })),
    { law, name: 'error', value: formatShare(fit.rms_error), interval: '', meaning: 'root mean square, of x' },
    {
      law,
      name: 'left out',
      value: formatShare(fit.loo_error),
      interval: '',
      meaning: 'the same, of levels not fitted',
    },
  ]
  return [...(usl === null ? [] : rows('USL', usl)), ...rows('Amdahl', amdahl)]
}

/** What was measured, in one sentence: the largest speed-up, and that of the most workers. */
export function growthWords({ levels }: Fits): string {
  const [first, last] = [levels[0], levels.at(-1)]
  const best = levels.reduce((most, level) => (level.x > most.x ? level : most))
  if (first === undefined || last === undefined) return ''
  if (best === first) return `Throughput is largest with the fewest, n = ${formatNumber(first.n)}.`
  const times = (x: number): string => `${formatRatio(x / first.x).slice(0, -1)} times`
  const most = `With n = ${formatNumber(best.n)} throughput is ${times(best.x)} that of n = ${formatNumber(first.n)}, an efficiency of ${formatShare(best.efficiency)}`
  return best === last
    ? `${most}.`
    : `${most}, and the largest; with n = ${formatNumber(last.n)} it is ${times(last.x)}.`
}

/** What keeps throughput from growing with the workers, for readers who know neither law; nothing where nothing does. */
export function scalingLossWords({ usl, amdahl, levels }: Fits): string[] {
  if (usl === null) {
    return amdahl.sigma === 0
      ? []
      : [`About ${formatShare(amdahl.sigma)} of the work seems to be done by one at a time, which bounds the growth.`]
  }
  const most = levels.at(-1)?.n ?? 1
  const [waiting, agreeing] = [usl.sigma * (most - 1), usl.kappa * most * (most - 1)]
  const whole = 1 + waiting + agreeing
  const losses = [
    ...(waiting > 0 ? [`${formatShare(waiting / whole)} is lost to waiting for what only one can use at a time`] : []),
    ...(agreeing > 0 ? [`${formatShare(agreeing / whole)} to keeping one another up to date`] : []),
  ]
  const peak =
    usl.peak === null ? '' : `; beyond about ${formatNumber(Math.round(usl.peak.n))} more would make it slower`
  return losses.length === 0 ? [] : [`Of what ${formatNumber(most)} could do, ${losses.join(' and ')}${peak}.`]
}

/** What the fitted laws mean, in a few sentences. */
export function lawWords(fits: Fits): string[] {
  const { usl, usl_reason, amdahl, levels } = fits
  const above = levels.filter(({ efficiency }) => efficiency > 1.05).map(({ n }) => formatNumber(n))
  return [
    ...(usl === null ? [`Amdahl's law alone is fitted: ${usl_reason}.`] : uslWords(usl, levels.at(-1)?.n ?? 1)),
    amdahl.limit === null
      ? "By Amdahl's law nothing is serial: growth is linear as far as the data reach."
      : `By Amdahl's law ${formatShare(amdahl.sigma)} of the work is serial, which allows a speed-up of at most ${formatNumber(amdahl.limit)}${amdahl.intervals.sigma[0] === 0 ? ' (or none at all is: the interval begins at 0)' : ''}${usl === null ? '' : `; of levels that it has not seen it is ${formatShare(amdahl.loo_error)} off, the USL ${formatShare(usl.loo_error)}`}.`,
    ...(above.length === 0
      ? []
      : [
          `With n = ${above.join(', ')} growth is more than linear, which neither law knows: look for what the fewest lacked (memory, connections, a warm-up).`,
        ]),
  ]
}

function uslWords(usl: UslFit, most: number): string[] {
  const { sigma, kappa, peak, peak_reason, intervals } = usl
  const contention = sigma * (most - 1)
  const coherency = kappa * most * (most - 1)
  const whole = 1 + contention + coherency
  const losses = [
    ...(contention > 0 ? [`contention (sigma) takes ${formatShare(contention / whole)}`] : []),
    ...(coherency > 0 ? [`coherency (kappa) ${contention > 0 ? '' : 'takes '}${formatShare(coherency / whole)}`] : []),
  ]
  return [
    losses.length === 0
      ? 'The Universal Scalability Law finds no loss: growth is linear as far as the data reach.'
      : `By the Universal Scalability Law, of what n = ${formatNumber(most)} could do, ${losses.join(' and ')}; ${formatShare(1 / whole)} is left.`,
    peak === null
      ? `No peak is told: ${peak_reason}.`
      : `Throughput peaks at about n = ${formatNumber(Math.round(peak.n))} with ${formatNumber(peak.x)}; more lowers it.`,
    ...(kappa > 0 && intervals.kappa[0] === 0
      ? ['The interval of kappa begins at 0, so the data do not show that throughput ever falls.']
      : []),
  ]
}
