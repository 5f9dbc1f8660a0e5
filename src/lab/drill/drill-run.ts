import { usageError } from '../../core/errors.js'
import type { RunRecord } from '../../core/record.js'
import type { RunFolder } from '../../store/run-folder.js'
import type { LabContext } from '../context.js'
import { measure, type RunSettings } from '../measure/measure.js'
import type { Subject } from '../measure/subject.js'
import { writeRunReport } from '../report-files.js'
import { type DrillSettings, drillOn } from './drill.js'
import type { DrillTarget } from './drill-target.js'
import { afterFailure } from './put-right.js'

/** Longest a drill's load lasts, in milliseconds: it ends with the drill. */
export const LONGEST_DRILL = 120_000
/** What a drill should take after its baseline, for the bar that shows how far it is. */
const EXPECTED_MS = 5_000

/** A drill that can begin: what it strikes, and the load beside it. */
export interface PreparedDrill {
  target: DrillTarget
  subject: Subject
}

/** @throws LabError (usage) for a load by which the recovery of what is struck cannot be seen */
export function refuseUnseen({ target, subject }: PreparedDrill): void {
  const mix = subject.load.workload?.mix ?? []
  if (target.role !== 'primary' || mix.some(({ kind }) => kind === 'write' || kind === 'order')) return
  throw usageError(
    'a drill of the primary needs writes: its recovery time ends with the first that is acknowledged',
    'As in --mix read:80,write:20',
  )
}

/** One drill with its record and report; a stack that it leaves half-way is put right as far as that goes. */
export async function measureDrill(
  lab: LabContext,
  { target, subject }: PreparedDrill,
  runs: RunSettings,
  settings: DrillSettings,
): Promise<{ record: RunRecord; folder: RunFolder; report: string }> {
  const { detector, baselineMs, beforeStep } = settings
  let diverged: string | null = null
  const { record, folder } = await measure({
    lab,
    // The drill is what is done to the stack.
    subject: { ...subject, timeline: [] },
    objectives: [],
    ...runs,
    beside: {
      expectedMs: baselineMs + EXPECTED_MS,
      settings: { detector: { interval_ms: detector.intervalMs, misses: detector.misses } },
      act: async (stage, running) => {
        // By hand nothing else is on the screen.
        const told =
          beforeStep === undefined
            ? stage
            : { ...stage, onEvent: (_: unknown, text: string) => lab.listener.remark(`  ${text}`) }
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
