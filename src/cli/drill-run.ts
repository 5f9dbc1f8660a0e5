import { usageError } from '../core/errors.js'
import type { RunRecord } from '../core/record.js'
import type { Stack } from '../engines/port.js'
import type { RunFolder } from '../store/run-folder.js'
import type { BenchOptions } from './bench-options.js'
import { type BenchSubject, subjectOfStack } from './bench-subject.js'
import { type DrillSettings, drillOn } from './drill.js'
import { type DrillTarget, drillTarget } from './drill-target.js'
import type { Lab } from './lab.js'
import { measure } from './measure.js'
import { afterFailure } from './put-right.js'
import { writeRunReport } from './report-files.js'

/** Longest a drill's load lasts, as a duration: it ends with the drill. */
export const LONGEST_DRILL = '2m'
/** What a drill should take after its baseline, for the bar that shows how far it is. */
const EXPECTED_MS = 5_000

/** A drill that can begin: what it strikes, and the load beside it. */
export interface PreparedDrill {
  target: DrillTarget
  subject: BenchSubject
}

/**
 * @param name `primary`, or the node to strike
 * @throws LabError (usage) for a node that cannot be struck, or a load by which its recovery cannot be seen
 */
export async function preparedDrill(
  lab: Lab,
  stack: Stack,
  name: string,
  options: BenchOptions,
): Promise<PreparedDrill> {
  const target = await drillTarget(lab, stack, name)
  const subject = await subjectOfStack(lab, stack.meta.name, options)
  const mix = subject.load.workload?.mix ?? []
  if (target.role === 'primary' && !mix.some(({ kind }) => kind === 'write' || kind === 'order')) {
    throw usageError(
      'a drill of the primary needs writes: its recovery time ends with the first that is acknowledged',
      'As in --mix read:80,write:20',
    )
  }
  return { target, subject }
}

/** One drill with its record and report; a stack that it leaves half-way is put right as far as that goes. */
export async function measureDrill(
  lab: Lab,
  { target, subject }: PreparedDrill,
  options: BenchOptions,
  settings: DrillSettings,
): Promise<{ record: RunRecord; folder: RunFolder; report: string }> {
  const { detector, baselineMs, beforeStep } = settings
  let diverged: string | null = null
  const { record, folder } = await measure({
    lab,
    subject,
    objectives: [],
    faults: [],
    options,
    beside: {
      expectedMs: baselineMs + EXPECTED_MS,
      settings: { detector: { interval_ms: detector.intervalMs, misses: detector.misses } },
      act: async (stage, running) => {
        // By hand nothing else is on the screen.
        const told =
          beforeStep === undefined
            ? stage
            : { ...stage, onEvent: (_: unknown, text: string) => lab.remark(`  ${text}`) }
        const acted = await drillOn(lab, running, target, settings, told)
        diverged = acted.diverged
        if (acted.failure !== null) await afterFailure(lab, running, acted.failure)
        return { kind: 'drill', ...acted }
      },
    },
  })
  if (diverged !== null) await folder.writeFile('diverged.ndjson', diverged)
  return { record, folder, report: await writeRunReport(folder, record) }
}
