import { relative } from 'node:path'
import type { Command } from 'commander'
import { CLAIMS_SCHEMA, type ClaimsRecord, inOrderOfRows, type JudgedClaim } from '../../core/claims.js'
import { EXIT, type ExitCode, LabError, runError } from '../../core/errors.js'
import { COURSE } from '../../core/parameters/load.js'
import { formatDuration } from '../../core/units.js'
import { machineOf } from '../../lab/calibrate/machine.js'
import { quietly } from '../../lab/context.js'
import { writeClaims } from '../../lab/report-files.js'
import { ENGINE_CHOICES } from '../../lab/stack/engine-choice.js'
import { quoted } from '../../report/command.js'
import { createRunFolder, type RunFolder } from '../../store/run-folder.js'
import type { BenchOptions } from '../bench-options.js'
import { judged, type RunFindings } from '../claims/judge.js'
import { UnitSchedule } from '../claims/schedule.js'
import { claimsOf, claimUnits } from '../claims/selection.js'
import type { ClaimUnit, Pace } from '../claims/unit.js'
import type { Lab } from '../lab.js'
import type { LoadOptions } from '../load-options.js'
import { addParameters, only } from '../parameter-options.js'
import { IMAGE_NAMES, requestedEngine } from '../stack-options.js'

interface ClaimsFlags extends Pick<LoadOptions, 'duration' | 'warmup'> {
  row?: string
  list?: boolean
  quick?: boolean
  strict?: boolean
  engine?: string
  pgBin?: string
  readyTimeout?: string
  image?: string[]
  out: string
  json?: boolean
}

/** With --quick. */
const QUICK = { duration: 3_000, warmup: 1_000, trials: 1, baselineMs: 1_000, blocks: 3 } as const
const USUAL = { trials: 3, baselineMs: 2_000 } as const

export function add(command: Command, lab: Lab): void {
  addParameters(command, [only(COURSE, ['duration', 'warmup'])])
  command
    .description(
      'Runs every scenario that makes claims, each stack brought up once: its load, drills and migrations, experiments for claims on ratios, and the plan of keys. Then one table: claim, source, expected, measured, verdict. A claim that does not hold is a result, not an error: the exit code is 0 all the same, unless --strict.',
    )
    .argument(
      '[names...]',
      'scenarios, experiments or files of them; shards-plan: what schemes do to keys (default: all)',
    )
    .option('--row <list>', 'only claims of these rows, as in 4,7')
    .option('--list', 'the claims, without running anything')
    .option(
      '--quick',
      `shorter: ${QUICK.duration / 1_000} s of load, one drill of each kind instead of ${USUAL.trials}, ${QUICK.blocks} blocks of an experiment`,
    )
    .option('--strict', 'end with exit code 5 when a claim does not hold, or cannot be told')
    .option('--engine <name>', ENGINE_CHOICES.join(', '))
    .option('--pg-bin <folder>', 'PostgreSQL programs to run databases with (process engine)')
    .option(
      '--image <name=image>',
      `image of ${IMAGE_NAMES} (Docker engine)`,
      (value: string, previous: string[] | undefined) => [...(previous ?? []), value],
    )
    .option('--ready-timeout <time>', 'how long each node may take to become ready (default: 30s)')
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--json', 'the result as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Written after every scenario: <out>/claims/<time>/claims.json and report.md. A scenario that cannot run is named with the
reason, its claims are "cannot tell", the others go on, and the exit code is 4. So it is with a run in doubt: what a full
machine measured decides no claim on rates and times, except where it holds all the same.

Examples:
  $ scalelab claims --list                the claims, their rows and where they stand
  $ scalelab claims --quick               all of them, in a few minutes
  $ scalelab claims single lb-3           of two scenarios
  $ scalelab claims --row 12,13           of two rows
  $ scalelab claims ./mine.yaml --strict  your own, as a test`,
    )
    .action((names: string[], flags: ClaimsFlags) => claims(lab, names, flags))
}

async function claims(lab: Lab, names: string[], flags: ClaimsFlags): Promise<void> {
  // A mistake in a flag is told before anything is started.
  requestedEngine(flags)
  const units = await claimUnits(lab.scenariosDir, names, flags.row, paceOf(flags))
  if (flags.list === true) return list(lab, units, flags)
  const folder = await createRunFolder(flags.out, 'claims', new Date())
  const record = await runAll(lab, units, flags, folder)
  lab.document(record)
  const report = await writeClaims(folder, record)
  if (flags.json !== true) {
    const [{ claimsLead }, { leadText }, { renderClaims }, { renderLead }] = await Promise.all([
      import('../../report/claims.js'),
      import('../../report/lead.js'),
      import('../../ui/claims.js'),
      import('../../ui/summary.js'),
    ])
    lab.print(`\n${renderLead(leadText(claimsLead(record)), lab.look())}\n\n${renderClaims(record, lab.look())}`)
    lab.print(`Report: ${report}`)
  }
  if (record.status === 'interrupted') lab.os.signal.throwIfAborted()
  const failed = record.units.flatMap(({ name, outcome }) => (outcome === 'could not run' ? [name] : []))
  if (failed.length > 0) throw runError(`${failed.join(', ')} could not run`, 'See the reason in the report')
  lab.exit(exitCodeOf(record, flags))
}

async function list(lab: Lab, units: readonly ClaimUnit[], flags: ClaimsFlags): Promise<void> {
  const all = claimsOf(units)
  if (flags.json === true) return lab.document({ claims: all })
  const { renderClaimList } = await import('../../ui/claims.js')
  lab.print(renderClaimList(all, lab.look()))
  lab.print(`About ${formatDuration(new UnitSchedule(units).totalMs)} to run them: scalelab claims`)
}

function paceOf({ quick, duration, warmup }: ClaimsFlags): Pace {
  return {
    ...(quick === true ? QUICK : USUAL),
    ...(duration === undefined ? {} : { duration }),
    ...(warmup === undefined ? {} : { warmup }),
  }
}

/** Every unit in turn, what is known written after each. */
async function runAll(
  lab: Lab,
  units: readonly ClaimUnit[],
  flags: ClaimsFlags,
  folder: RunFolder,
): Promise<ClaimsRecord> {
  const startedAt = new Date()
  const signed = await lab.signed()
  const schedule = new UnitSchedule(units)
  const done = new Map<ClaimUnit, UnitResult>()
  const recordNow = (status: ClaimsRecord['status']): ClaimsRecord => ({
    schema: CLAIMS_SCHEMA,
    ...signed,
    started_at: startedAt.toISOString(),
    ended_at: new Date().toISOString(),
    status,
    command: ['scalelab', ...lab.os.argv.slice(2).filter((word) => word !== '--json')].map(quoted).join(' '),
    units: units.map((unit) => done.get(unit)?.unit ?? notRun(unit)),
    claims: inOrderOfRows(
      units.flatMap((unit) => done.get(unit)?.claims ?? unit.claims.map((claim) => judged(claim, [], 'not run'))),
    ),
    environment: machineOf(lab),
  })
  if (flags.json !== true) {
    lab.remark(`${units.length} to run, about ${formatDuration(schedule.totalMs)}; Ctrl-C keeps what there is.`)
  }
  for (const unit of units) {
    const result = await runUnit(lab, unit, flags, folder, schedule, startedAt.getTime())
    done.set(unit, result)
    schedule.end(unit)
    if (flags.json !== true) await tell(lab, result)
    if (result.unit.outcome === 'interrupted') return recordNow('interrupted')
    await writeClaims(folder, recordNow('running'))
    lab.document(recordNow('running'))
  }
  return recordNow('complete')
}

interface UnitResult {
  unit: ClaimsRecord['units'][number]
  claims: JudgedClaim[]
}

function notRun({ name }: ClaimUnit): ClaimsRecord['units'][number] {
  return { name, outcome: 'not run', reason: null, took_ms: null }
}

async function runUnit(
  lab: Lab,
  unit: ClaimUnit,
  flags: ClaimsFlags,
  folder: RunFolder,
  schedule: UnitSchedule,
  startedMs: number,
): Promise<UnitResult> {
  const found: RunFindings[] = []
  const begunMs = Date.now()
  const failure = await unit
    .run({
      lab: quietly(lab),
      options: runOptions(flags),
      step() {
        const { what, number, of } = schedule.step(unit)
        if (flags.json === true) return
        const left = formatDuration(schedule.leftMs(unit, Date.now() - startedMs))
        lab.remark(`${`${number}/${of}`.padStart(5)}  ${unit.name}: ${what} (about ${left} left)`)
      },
      found: (run, verdicts, path) => found.push({ run, verdicts, record: relative(folder.path, path) }),
    })
    .then(
      () => null,
      (error: unknown) => error,
    )
  const outcome = lab.os.signal.aborted ? 'interrupted' : failure === null ? 'done' : 'could not run'
  const reason = outcome === 'could not run' ? wordsOf(failure) : null
  const why = outcome === 'interrupted' ? 'interrupted' : (reason ?? 'no run could judge it')
  return {
    unit: { name: unit.name, outcome, reason, took_ms: Date.now() - begunMs },
    claims: unit.claims.map((claim) => judged(claim, found, why)),
  }
}

/** Every run is silent: what is told of it is its verdicts. */
function runOptions({ engine, pgBin, readyTimeout, image, out }: ClaimsFlags): BenchOptions {
  return {
    out,
    ...(engine === undefined ? {} : { engine }),
    ...(pgBin === undefined ? {} : { pgBin }),
    ...(readyTimeout === undefined ? {} : { readyTimeout }),
    ...(image === undefined ? {} : { image }),
  }
}

function wordsOf(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  const hint = failure instanceof LabError ? failure.hint : undefined
  return hint === undefined ? failure.message : `${failure.message} (${hint.replaceAll('\n', '; ')})`
}

async function tell(lab: Lab, { unit, claims }: UnitResult): Promise<void> {
  if (unit.reason !== null) lab.remark(`       could not run: ${unit.reason}`)
  const { claimLine } = await import('../../ui/claims.js')
  for (const claim of claims) if (claim.records.length > 0) lab.remark(claimLine(claim, lab.look()))
}

function exitCodeOf({ claims: all }: ClaimsRecord, { strict }: ClaimsFlags): ExitCode {
  // As with an objective: what could not be judged was not shown to hold.
  return strict === true && all.some(({ result }) => result !== 'pass') ? EXIT.expectationMissed : EXIT.ok
}
