import type { Command } from 'commander'
import { adviceOn } from '../../core/error-answers.js'
import { EXIT, type ExitCode, runError, usageError } from '../../core/errors.js'
import type { RunRecord } from '../../core/record.js'
import { parseSlo } from '../../core/slo.js'
import { measure } from '../../lab/measure/measure.js'
import type { Subject } from '../../lab/measure/subject.js'
import { writeRunReport } from '../../lab/report-files.js'
import { withLock } from '../../store/lock.js'
import { addOutcomeOptions, type BenchOptions } from '../bench-options.js'
import { subjectOfScenario, subjectOfStack, subjectOfUrl } from '../bench-subject.js'
import type { Lab } from '../lab.js'
import { addLoadOptions } from '../load-options.js'
import { addProbeOptions, runSettings } from '../probe-options.js'
import { addStackOptions, givenStackFlags } from '../stack-options.js'
import { compareOnce } from './compare.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Loads a system and writes the report. With scenarios: brings each one up for itself, measures, takes it down; several are compared in one block, as compare does in many. Without: the stack that runs. With --url: any system.',
    )
    .argument('[scenarios...]', 'single, lb-<n>, repl-<n>, shard-<n>, shard-scaling-<n>, or scenario files')
    .option('--stack <name>', 'which running stack, when several run')
    .option('--url <url>', 'a system that is already running, not of scalelab; name:password@ is sent (Basic)')
    .option('--insecure', 'of an https --url: certificates are not verified')
  addLoadOptions(command)
  addProbeOptions(addStackOptions(command))
  addOutcomeOptions(command)
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--quiet', 'plain lines instead of the dashboard')
    .option('--json', 'the record as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab bench single lb-3                     capacity of one API against three behind nginx
  $ scalelab bench --rps 1500                      the running stack at an offered rate
  $ scalelab bench lb-3 --stages 10s:500,30s:1500 --arrival poisson
  $ scalelab bench lb-3 --rps 900 --slo 'p99<50ms,errors<0.1%'
  $ scalelab bench repl-2 --mix read:80,write:20   a primary with two standbys: lag, writes, who answers
  $ scalelab bench shard-scaling-1 shard-scaling-2 shard-scaling-4    what more shards bring
  $ scalelab bench lb-3 --rps 900 --at '5s freeze api-2' --at '6s restore api-2'
  $ scalelab bench --url http://127.0.0.1:8000/ --max --connections 50`,
    )
    .action((scenarios: string[], options: BenchOptions) => bench(lab, scenarios, options))
}

/** Measures a scenario, or the running stack, or a system at a URL; several scenarios are compared in one block. */
export async function bench(lab: Lab, scenarios: string[], options: BenchOptions): Promise<void> {
  // A mistake in a flag is told before anything is started.
  const objectives = options.slo === undefined ? [] : parseSlo(options.slo)
  const runs = runSettings(options)
  refuseBoth(scenarios, options)
  if (scenarios.length > 1) {
    const compared = await compareOnce(lab, scenarios, options)
    return lab.exit(exitCodeOf(compared.variants.flatMap((variant) => variant.runs)))
  }
  const subject = await subjectOf(lab, scenarios[0], options)
  const measuring = (): ReturnType<typeof measure> => measure({ lab, subject, objectives, ...runs })
  // Nobody takes down, scales or loads a running stack while it is measured.
  const { record, folder } =
    subject.system.kind === 'stack'
      ? await withLock(lab.os.stateDir, subject.system.stack.meta.name, measuring)
      : await measuring()
  const report = await writeRunReport(folder, record)
  lab.document(record)
  if (options.json !== true) await printSummary(lab, record, report)
  if (record.status === 'interrupted') lab.os.signal.throwIfAborted()
  if (record.status === 'complete' && record.load.ledger.ok === 0) {
    throw runError(
      `no request to ${record.target} was answered well`,
      adviceOn(record.load) ?? 'Nothing was answered at all: see the log of the application',
    )
  }
  lab.exit(exitCodeOf([record]))
}

/** What is measured is named in one way. @throws LabError (usage) */
function refuseBoth(scenarios: readonly string[], { url, stack, insecure }: BenchOptions): void {
  if (url !== undefined && scenarios.length > 0)
    throw usageError('--url and a scenario exclude each other', 'Give one of them')
  if (url === undefined && insecure === true) throw usageError('--insecure belongs to --url', 'Add --url https://...')
  if (url === undefined && stack !== undefined && scenarios.length > 0)
    throw usageError('--stack and a scenario exclude each other', 'Give one of them')
}

async function subjectOf(lab: Lab, scenario: string | undefined, options: BenchOptions): Promise<Subject> {
  if (scenario !== undefined) return subjectOfScenario(lab, scenario, [scenario], options)
  const shaped = givenStackFlags(options)[0]
  if (options.url !== undefined) {
    if (shaped !== undefined) throw usageError(`${shaped} shapes a stack, and --url loads what is already running`)
    return subjectOfUrl(lab, options.url, options)
  }
  if (shaped !== undefined) {
    throw usageError(
      `${shaped} shapes a stack, and this loads the one that runs`,
      `Name a scenario: scalelab bench <scenario> ${shaped} ...`,
    )
  }
  return subjectOfStack(lab, options.stack, options)
}

/** One run: what it found in plain words, and its figures. */
export async function printSummary(lab: Lab, record: RunRecord, report: string | null): Promise<void> {
  const [{ runLead }, { leadText }, { renderSummary }] = await Promise.all([
    import('../../report/answer.js'),
    import('../../report/lead.js'),
    import('../../ui/summary.js'),
  ])
  lab.print(renderSummary(record, leadText(runLead(record)), lab.look()))
  if (report !== null) lab.print(`Report: ${report}`)
}

function exitCodeOf(records: readonly RunRecord[]): ExitCode {
  // An objective that could not be judged was not shown to hold.
  const missed = records.some((record) =>
    record.verdicts.some((verdict) => verdict.source === '--slo' && verdict.result !== 'pass'),
  )
  return missed ? EXIT.expectationMissed : EXIT.ok
}
