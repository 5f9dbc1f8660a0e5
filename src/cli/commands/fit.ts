import { basename } from 'node:path'
import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { FEWEST_LEVELS, SCALING_DATA_SCHEMA, type ScalingData } from '../../core/scaling-data.js'
import { writeScalingFit } from '../../lab/report-files.js'
import { quoted } from '../../report/command.js'
import { fitScaling } from '../../stats/fits/fits.js'
import { levelsOf } from '../../stats/fits/scaling-law.js'
import { readScalingData } from '../../store/scaling-data.js'
import type { Lab } from '../lab.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      "Fits the Universal Scalability Law and Amdahl's law to measured throughput by number of workers, with intervals and the error for levels left out. Below six levels: Amdahl's law alone.",
    )
    .argument('<file>', 'columns n (workers) and x (throughput); several rows of one n are repeats')
    .option('--out <dir>', 'also write a report with its chart, below this folder')
    .option('--json', 'the fits as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Columns may be separated by commas, semicolons, tabs or spaces, values quoted as RFC 4180 has it. A header is needed only
where the order is another or there are more columns. Text after # is a comment, outside of quotes. Decimals may have a
comma where columns are separated by something else, or between quotes.

Examples:
  $ scalelab fit throughput.csv
  $ scalelab fit throughput.csv --out reports
  $ scalelab fit throughput.csv --json | jq .usl.sigma`,
    )
    .action((file: string, options: { out?: string; json?: boolean }) => fitFile(lab, file, options))
}

async function fitFile(lab: Lab, file: string, { out, json }: { out?: string; json?: boolean }): Promise<void> {
  const points = await readScalingData(file, lab.os.signal)
  const levels = levelsOf(points)
  if (levels.length < FEWEST_LEVELS) {
    throw usageError(
      `${file} has ${levels.length === 1 ? 'one level' : `${levels.length} levels`} of n (${levels.join(', ')}), and a law needs ${FEWEST_LEVELS} or more`,
      "Three give Amdahl's law, six the Universal Scalability Law; several rows of one n count as one level",
    )
  }
  const fits = fitScaling(points)
  const command = ['scalelab', 'fit', file, ...(out === undefined ? [] : ['--out', out])].map(quoted).join(' ')
  const data: ScalingData = {
    schema: SCALING_DATA_SCHEMA,
    ...(await lab.signed()),
    source: basename(file),
    command,
    points,
  }
  const report = out === undefined ? null : await writeScalingFit(out, data, fits)
  if (json === true) return lab.document({ ...data, ...fits })
  const [{ fitLead }, { leadText }, { renderFits }, { renderLead }] = await Promise.all([
    import('../../report/scaling-fit.js'),
    import('../../report/lead.js'),
    import('../../ui/fits.js'),
    import('../../ui/summary.js'),
  ])
  lab.print(`${renderLead(leadText(fitLead(fits, data.source)), lab.look())}\n\n${renderFits(fits, lab.look())}`)
  if (report !== null) lab.print(`\nReport: ${report}`)
}
