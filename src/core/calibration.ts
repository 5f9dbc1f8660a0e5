import * as z from 'zod'
import { CHECKS, type CheckName, formatChecked } from './validity.js'

/** Version of the calibration's schema; raised when a reader of the old one would misread the new one. */
export const CALIBRATION_SCHEMA = 'scalelab/calibration@2'

const share = z.number().min(0)
const rate = z.number().positive()

/** What tells one machine from another, as far as its speed goes. */
export const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number().int().positive(),
  quota_cores: z.number().positive().nullable().describe('processors that a control group allows; null for no limit'),
  platform: z.string(),
  node: z.string(),
  host: z.string().describe('first digits of the SHA-256 of the host name'),
})
export type Machine = z.infer<typeof machineSchema>

/** What a rate was driven against: the generator's own limit, an instance, or an instance behind a balancer. */
export const DRIVES = ['generator', 'api', 'balancer'] as const

export const stepSchema = z.object({
  rps: rate.describe('offered'),
  achieved: share.describe('answers over due requests'),
  lateness_ms: z.number().describe('p99 of how late the generator itself sent'),
  cpu: share.describe('of the busiest generator, as a share of a core'),
  event_loop_ms: z.number().describe('p99 event-loop delay of the generator'),
  failed: z.string().nullable().describe('the check that failed; null where the rate was held'),
})
/** One rate, offered for a moment, and what came of it. */
export type CalibrationStep = z.infer<typeof stepSchema>

export const driveSchema = z.object({
  drive: z.enum(DRIVES),
  server: z.string().describe('what answered'),
  generators: z.number().int().positive(),
  rps: rate.describe('the highest rate that was held'),
  /** Null where the search ended at its own bound. */
  limit: stepSchema.nullable().describe('the lowest rate above it that was not'),
})
export type Drive = z.infer<typeof driveSchema>

export const calibrationSchema = z.object({
  schema: z.literal(CALIBRATION_SCHEMA),
  measured_at: z.iso.datetime(),
  took_ms: z.number(),
  scalelab: z.string(),
  machine: machineSchema,
  drives: z.array(driveSchema).min(1),
  timers: z
    .object({ late_p50_ms: z.number(), late_p99_ms: z.number(), event_loop_p99_ms: z.number() })
    .describe('of an idle process: how late a timer of 1 ms fires, and the delay of the event loop'),
  noise: z.object({
    slices: z.number().int().positive(),
    variation: share.describe('coefficient of variation of the time that a fixed piece of work takes'),
    worst: share.describe('the slowest slice over the median one'),
    steal: share.nullable().describe('processor time that the hypervisor gave to others, while idle'),
    others: share.nullable().describe('processor time that other programs took, while idle'),
  }),
})

/** What a machine can drive, and how quiet it is. */
export type Calibration = z.infer<typeof calibrationSchema>

const DAY_MS = 86_400_000
/** After this long a machine may have become another one. */
const STALE_MS = 30 * DAY_MS
/** Up to this share of what was driven a run is taken for safe: calibrations repeat within about a tenth. */
const SAFE = 0.8

/**
 * What one generator is asked for at most when their number is not given, in requests/s: half of what it can drive. Beyond
 * that an answer waits longer for the generator than its own handling takes (M/M/1: rho / (1 - rho) > 1).
 */
export function rpsPerGenerator(calibration: Calibration): number | undefined {
  const drive = driveOf(calibration, 1)
  return drive && drive.rps / 2
}

/** Why a calibration says little of this machine today, one clause each; none where it holds. */
export function reasonsToRepeat(
  calibration: Calibration,
  { machine, scalelab, now }: { machine: Machine; scalelab: string; now: Date },
): string[] {
  const was = calibration.machine
  return [
    ...(sameMachine(was, machine) ? [] : [`of another machine (${machineText(was)})`]),
    ...(was.node === machine.node ? [] : [`with Node ${was.node}, and this is ${machine.node}`]),
    ...(calibration.scalelab === scalelab ? [] : [`of scalelab ${calibration.scalelab}, and this is ${scalelab}`]),
    ...(now.getTime() - Date.parse(calibration.measured_at) > STALE_MS ? ['older than 30 days'] : []),
  ]
}

/** Whether figures of the one say anything of the other. */
export function sameMachine(a: Machine, b: Machine): boolean {
  return a.host === b.host && a.cpu === b.cpu && a.cores === b.cores && a.quota_cores === b.quota_cores
}

export function machineText({ cpu, cores, quota_cores }: Machine): string {
  return `${cores} x ${cpu}${quota_cores === null ? '' : `, of which ${quota_cores} allowed`}`
}

/** "just now", "5 hours ago", "2 days ago"; a moment that has yet to come is "at another time". */
export function ageText(measuredAt: string, now: Date): string {
  const ms = now.getTime() - Date.parse(measuredAt)
  if (ms < 0) return 'at another time'
  const ago = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'} ago`
  if (ms < 60_000) return 'just now'
  if (ms < 3_600_000) return ago(Math.floor(ms / 60_000), 'minute')
  return ms < DAY_MS ? ago(Math.floor(ms / 3_600_000), 'hour') : ago(Math.floor(ms / DAY_MS), 'day')
}

/** What so many generators were measured to drive; of fewer ones where so many were not tried. */
export function driveOf({ drives }: Calibration, generators: number): Drive | undefined {
  return drives
    .filter((drive) => drive.drive === 'generator' && drive.generators <= generators)
    .toSorted((a, b) => b.generators - a.generators)[0]
}

/** How a rate stands to what was measured. */
export interface RateExpectation {
  level: 'beyond' | 'near'
  text: string
}

/**
 * What to expect of an open load of this rate: nothing to say up to four fifths of what was driven.
 * @param rps the highest rate that is offered
 * @param generators processes that it is sent by
 */
export function expectationOf(
  calibration: Calibration,
  { rps, generators, now }: { rps: number; generators: number; now: Date },
): RateExpectation | null {
  const drive = driveOf(calibration, generators)
  if (drive === undefined || rps <= SAFE * drive.rps) return null
  const who = drive.generators === 1 ? 'one generator' : `${drive.generators} generators`
  const measured = `${who} on this machine drove at most ${count(drive.rps)} requests/s (calibrated ${ageText(calibration.measured_at, now)})`
  const more = calibration.drives
    .filter((other) => other.drive === 'generator' && other.generators > generators && SAFE * other.rps >= rps)
    .toSorted((a, b) => a.generators - b.generators)[0]
  const advice = more === undefined ? 'Lower the rate' : `Lower the rate, or use --generators ${more.generators}`
  return rps > drive.rps
    ? {
        level: 'beyond',
        text: `${count(rps)} requests/s are beyond this machine: ${measured}. Expect "generator-limited", which is no verdict on the system. ${advice}.`,
      }
    : {
        level: 'near',
        text: `${count(rps)} requests/s are ${Math.round((rps / drive.rps) * 100)} % of what this machine can drive: ${measured}. Any other program may make the run generator-limited. ${advice}.`,
      }
}

/** "8.3 ms late at 20,900 requests/s": why a search ended where it did. */
export function limitText({ limit }: Drive): string {
  if (limit === null) return 'nothing up to the bound of the search'
  const at = `at ${count(limit.rps)}/s`
  const check = limit.failed as CheckName | null
  if (check === 'generator-lateness') return `${formatChecked(limit.lateness_ms, 'ms')} late (p99) ${at}`
  if (check === 'generator-event-loop') return `event loop ${formatChecked(limit.event_loop_ms, 'ms')} late (p99) ${at}`
  if (check === 'generator-busy') return `generator had no moment to spare ${at}`
  if (check === 'generator-cpu') return `generator used ${formatChecked(limit.cpu, CHECKS[check].unit)} ${at}`
  return `${formatChecked(limit.achieved, 'share')} answered ${at}`
}

function count(rps: number): string {
  return Math.round(rps).toLocaleString('en-US')
}
