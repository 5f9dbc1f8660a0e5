import type { ScalingData } from '../core/scaling-data.js'
import { growthWords, scalingLossWords } from '../stats/fits/fit-words.js'
import type { Fits } from '../stats/fits/fits.js'
import { fittedSpeedup } from './charts/growth.js'
import type { Lead } from './lead.js'
import { type Report, reportOf } from './report-of.js'
import { fitSection, levelSection } from './sections/fits.js'
import { plain } from './table.js'

/** The report of laws fitted to anyone's numbers. @param data where they come from, and what fits them again */
export function renderScalingFit(
  fits: Fits,
  { source, command, author }: Pick<ScalingData, 'source' | 'command' | 'author'>,
): Report {
  const parts = [
    '![Measured speed-up with the fitted laws](fitted-speedup.svg)',
    levelSection(fits),
    fitSection(fits),
    [
      '## What limits the answer',
      [
        '- The numbers are taken as they are: whether the generator or the machine was full when they were measured is not known here.',
        '- A law speaks for the range in which it was measured. What it says beyond is a guess, however well it fits.',
      ].join('\n'),
    ].join('\n\n'),
    ['## To repeat it', ['```sh', command, '```'].join('\n')].join('\n\n'),
  ]
  return reportOf({
    title: `Scaling of ${plain(source)}`,
    lead: fitLead(fits, source),
    authors: [author],
    parts,
    charts: { 'fitted-speedup.svg': fittedSpeedup(fits) },
  })
}

/** Fitted numbers in plain words. */
export function fitLead(fits: Fits, source: string): Lead {
  return {
    asked: [`How does throughput grow with the number of workers, by the numbers in ${source}?`],
    found: [growthWords(fits)],
    means: scalingLossWords(fits),
    sure: [
      `It rests on ${fits.levels.length} levels, taken as they are; a law speaks for the range in which it was measured, and beyond it is a guess.`,
    ],
  }
}
