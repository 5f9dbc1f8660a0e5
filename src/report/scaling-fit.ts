import { fitHeadline, growthWords } from '../stats/fits/fit-words.js'
import type { Fits } from '../stats/fits/fits.js'
import { fittedSpeedup } from './charts/fitted-speedup.js'
import type { Report } from './markdown.js'
import { fitSection, levelSection } from './sections/fits.js'
import { plain } from './table.js'

/**
 * The report of laws fitted to anyone's numbers.
 * @param source where they come from
 * @param command that fits them again
 */
export function renderScalingFit(fits: Fits, source: string, command: string): Report {
  const parts = [
    `# Scaling of ${plain(source)}`,
    `${growthWords(fits)} ${fitHeadline(fits)}`,
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
  return { markdown: `${parts.join('\n\n')}\n`, charts: { 'fitted-speedup.svg': fittedSpeedup(fits) } }
}
