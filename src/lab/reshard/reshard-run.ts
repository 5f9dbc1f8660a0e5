import type { RunRecord } from '../../core/record.js'
import { sleep } from '../../run/sleep.js'
import type { RunFolder } from '../../store/run-folder.js'
import type { LabContext } from '../context.js'
import { measure, type RunSettings } from '../measure/measure.js'
import type { Subject } from '../measure/subject.js'
import { writeRunReport } from '../report-files.js'
import { type Job, type JobDone, runJob } from './resharding.js'

/** Longest the load beside a migration lasts, in milliseconds: it ends with the migration. */
export const LONGEST_RESHARD = 43_200_000
/** What a migration should take after its baseline, for the bar that shows how far the run is: start, rows, end. */
const START_MS = 3_000
const EXPECTED_ROWS_PER_S = 5_000

/**
 * One migration under load with its record and report.
 * @param baselineMs load before and after it
 * @returns `done` undefined where the run ended before the migration's turn
 */
export async function measureReshard(
  lab: LabContext,
  subject: Subject,
  runs: RunSettings,
  job: Job,
  baselineMs: number,
): Promise<{ record: RunRecord; folder: RunFolder; report: string; done: JobDone | undefined }> {
  const done: JobDone[] = []
  const { record, folder } = await measure({
    lab,
    subject: { ...subject, question: questionOf(job), timeline: [] },
    objectives: [],
    ...runs,
    beside: {
      expectedMs: 2 * baselineMs + START_MS + (job.plan.rows.moved / EXPECTED_ROWS_PER_S) * 1_000,
      settings: {},
      act: async (stage, running) => {
        await sleep(Math.max(0, stage.startMs + baselineMs - stage.clock()), stage.signal)
        const acted = await runJob(lab, running, job, stage)
        done.push(acted)
        stage.onProgress(null)
        await sleep(baselineMs, stage.signal)
        return acted
      },
    },
  })
  return { record, folder, report: await writeRunReport(folder, record), done: done[0] }
}

/** What a run with this move asks: not what the stack's scenario does. */
function questionOf({ kind, plan }: Job): string {
  const [from, to] = [plan.from.shards.length, plan.to.shards.length]
  const schemes = plan.from.scheme === plan.to.scheme ? '' : `, by ${plan.to.scheme} instead of ${plan.from.scheme}`
  const move = `from ${from} to ${to} ${to === 1 ? 'shard' : 'shards'}${schemes}`
  const what = {
    begin: `rows move ${move}`,
    resume: `a move ${move} that was left half-done goes on`,
    rollback: `a move ${move} is taken back`,
  }[kind]
  return `What do clients feel while ${what}, and is every row where it belongs afterwards?`
}
