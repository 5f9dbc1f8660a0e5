import { join } from 'node:path'
import type { Command } from 'commander'
import type { CapacityRecord } from '../../core/capacity.js'
import { EXIT, runError } from '../../core/errors.js'
import { measuredMs } from '../../core/load.js'
import { COURSE } from '../../core/parameters/load.js'
import { CapacitySearch } from '../../lab/capacity/capacity-search.js'
import { writeCapacity } from '../../lab/report-files.js'
import { startOwnStack } from '../../lab/stack/own-stack.js'
import { createRunFolder } from '../../store/run-folder.js'
import { subjectOfScenario } from '../bench-subject.js'
import {
  type CapacityOptions,
  capacityObjectives,
  DEFAULT_SLO,
  refuseUnmeasurable,
  searchOptions,
} from '../capacity-options.js'
import { capacityProgress, probeWords, silentProgress } from '../capacity-progress.js'
import type { Lab } from '../lab.js'
import { addSendingOptions } from '../load-options.js'
import { addParameters } from '../parameter-options.js'
import { addProbeOptions, probeRates } from '../probe-options.js'
import { addStackOptions } from '../stack-options.js'
import { addWorkloadOptions } from '../workload-options.js'

/** What a probe needs beside its own time: a process, connections, what is in flight, a pause; in milliseconds. */
const AROUND_MS = 1_500

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Finds the highest offered rate at which a stack holds its objectives. A closed loop gives the maximum; the rate is bracketed below it and bisected, one real run per probe on one stack; where the answer lies, probes are repeated until both sides have a majority. Writes the latency against the rate as a curve.',
    )
    .argument('<scenario>', 'single, lb-<n>, repl-<n>, shard-<n>, or a scenario file')
    .option('--slo <list>', 'objectives, as in p95<100ms,errors<1%', DEFAULT_SLO)
    .option('--precision <share>', 'width at which the search ends, as a share of the rate', '2%')
    .option('--confirm <n>', 'further probes at the answer, of which the majority must hold', '3')
    .option('--probes <n>', 'most probes, repeated ones included', '40')
  addParameters(command, [COURSE], { duration: 8_000, warmup: 2_000, arrival: 'poisson', connections: 200 })
  addWorkloadOptions(command)
  addSendingOptions(command)
  addProbeOptions(addStackOptions(command))
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--json', 'the search as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Ends with 0 when a capacity was found, 5 when no rate holds the objectives, 4 when the search could not be settled
(the laboratory was in doubt, or --probes were used up).

Examples:
  $ scalelab capacity lb-3                                     p99 below 50 ms, errors below 0.1 %
  $ scalelab capacity lb-3 --slo 'p95<100ms,errors<1%' --strategy least-conn
  $ scalelab capacity single --precision 5% --duration 5s      rougher and faster
  $ scalelab capacity repl-2 --mix read:80,write:20 --slo 'p99<80ms,lag_p99<1s'`,
    )
    .action((scenario: string, options: CapacityOptions) => capacity(lab, scenario, options))
}

async function capacity(lab: Lab, scenario: string, options: CapacityOptions): Promise<void> {
  const objectives = capacityObjectives(options.slo)
  const search = searchOptions(options)
  const probes = probeRates(options)
  // The rate is another one in every probe.
  const subject = await subjectOfScenario(lab, scenario, [scenario], { ...options, rps: 1 })
  refuseUnmeasurable(objectives, subject)
  if (subject.system.kind !== 'start') return
  const startedAt = new Date()
  const folder = await createRunFolder(join(options.out, 'capacity'), subject.scenario, startedAt)
  const { warmupMs } = subject.load
  const durationMs = measuredMs(subject.load)
  const runMs = durationMs + warmupMs + AROUND_MS
  const progress = options.json === true ? silentProgress() : capacityProgress(lab, runMs)
  let found: CapacityRecord | null = null
  let failure: unknown = null
  try {
    if (options.json !== true) {
      lab.remark(`${subject.title}: the highest rate that holds ${options.slo}`)
      lab.remark(`Each probe: ${probeWords(durationMs, warmupMs)}, ${subject.load.connections} connections.`)
    }
    const own = { scenario: subject.scenario, scenarioFile: subject.scenarioFile, purpose: 'capacity' as const }
    const stack = await startOwnStack(lab, own, subject.system.decision, subject.system.start)
    try {
      const bench = { lab, signed: await lab.signed(), subject, stack, objectives, slo: options.slo, probes, folder }
      const searching = new CapacitySearch(bench, search, progress, startedAt)
      await searching.run().catch((error: unknown) => {
        failure = error
      })
      if (searching.record.maximum !== null) found = searching.record
    } finally {
      progress.close()
      await stack.down()
    }
  } finally {
    await folder.removeIfEmpty()
  }
  lab.document(found ?? undefined)
  if (found !== null) await tell(lab, found, await writeCapacity(folder, found), options)
  if (failure !== null) throw failure
  if (found === null || found.status === 'interrupted') lab.os.signal.throwIfAborted()
  if (found !== null && !found.confirmed && found.outcome !== 'nothing holds') {
    throw runError(
      `the search could not be settled: ${found.outcome}`,
      'See the doubts in the report, or allow more --probes',
    )
  }
}

async function tell(lab: Lab, record: CapacityRecord, report: string, options: CapacityOptions): Promise<void> {
  if (record.outcome === 'nothing holds') lab.exit(EXIT.expectationMissed)
  if (options.json === true) return
  const [{ capacityLead }, { leadText }, { renderLead }] = await Promise.all([
    import('../../report/capacity.js'),
    import('../../report/lead.js'),
    import('../../ui/summary.js'),
  ])
  lab.print(`\n${renderLead(leadText(capacityLead(record)), lab.look())}`)
  lab.print(`Report: ${report}`)
}
