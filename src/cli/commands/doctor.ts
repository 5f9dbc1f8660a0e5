import { cpus, totalmem } from 'node:os'
import type { Command } from 'commander'
import { ageText, type Machine, reasonsToRepeat } from '../../core/calibration.js'
import { environmentError, usageError } from '../../core/errors.js'
import { stackParametersSchema } from '../../core/parameters.js'
import { serverOf, type Topology } from '../../core/topology.js'
import { parseDuration } from '../../core/units.js'
import type { Engine, Stack } from '../../engines/port.js'
import { thisMachine, usableCores } from '../../lab/calibrate/machine.js'
import { findStacks } from '../../lab/stack/running-stacks.js'
import type { Part } from '../../parts/port.js'
import { AUTO_BALANCERS, PARTS } from '../../parts/registry.js'
import { calibrationPath, type KeptCalibration, readCalibration, writeCalibration } from '../../store/calibration.js'
import { makeFolder } from '../../store/folders.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Lab } from '../lab.js'

interface Finding {
  what: string
  ok: boolean
  /** Without it scalelab cannot work at all, or only works less well. */
  needed: boolean
  found: string
  fix: string | null
}

/** Connections that the built-in scenarios and a generous --connections want. */
const WANTED_FILES = 4_096

/** How long a calibration takes unless told. */
const CALIBRATION = '30s'
const SHORTEST_MS = 5_000
const LONGEST_MS = 600_000

/** Programs of others that nodes run. */
const INSTALLED = PARTS.flatMap(({ title, program }) => (program.kind === 'installed' ? [title] : [])).join(', ')

interface DoctorOptions {
  json?: boolean
  calibrate?: boolean
  duration?: string
}

export function add(command: Command, lab: Lab): void {
  command
    .description(
      `Checks what scalelab needs: Node, ${INSTALLED}, Docker with its images, file descriptors, processors, a place for its state, leftovers. Ends with exit code 3 when no engine can run a stack. With --calibrate: measures what this machine can drive, and keeps it, so that a run beyond it is warned of.`,
    )
    .option(
      '--calibrate',
      'measure the highest rate that the load generator can send on schedule here, and how quiet it is',
    )
    .option('--duration <time>', `of the calibration, about (default: ${CALIBRATION})`)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ scalelab doctor\n  $ scalelab doctor --calibrate    on a quiet machine, once\n  $ scalelab doctor --json',
    )
    .action((options: DoctorOptions) => (options.calibrate === true ? calibration(lab, options) : doctor(lab, options)))
}

async function doctor(lab: Lab, { json, duration }: DoctorOptions): Promise<void> {
  if (duration !== undefined) throw usageError('--duration is that of a calibration', 'Add --calibrate')
  const { findings, kept } = await examine(lab)
  const engines = findings.filter((finding) => finding.what.endsWith('engine'))
  const works = engines.some((finding) => finding.ok) && findings.every((finding) => finding.ok || !finding.needed)
  if (json === true) lab.document({ works, findings, calibration: kept.kind === 'kept' ? kept.calibration : null })
  else {
    for (const { what, ok, needed, found, fix } of findings) {
      lab.print(`${ok ? 'ok     ' : needed ? 'MISSING' : 'absent '}  ${what.padEnd(16)}  ${found}`)
      if (!ok && fix !== null) for (const line of fix.split('\n')) lab.print(`${' '.repeat(27)}${line}`)
    }
    if (works) lab.print('\nThis machine can run experiments.')
  }
  if (!works) throw environmentError('this machine cannot run a stack yet', 'Mend what is missing')
}

/** Measures, keeps and shows what this machine can drive. */
async function calibration(lab: Lab, { json, duration = CALIBRATION }: DoctorOptions): Promise<void> {
  const durationMs = parseDuration(duration, '--duration')
  if (durationMs < SHORTEST_MS || durationMs > LONGEST_MS) {
    throw usageError(`--duration: ${duration} is not from ${SHORTEST_MS / 1_000}s to ${LONGEST_MS / 60_000}m`)
  }
  const { stacks } = await findStacks(await lab.allEngines())
  if (stacks.length > 0) {
    const names = stacks.map(({ meta }) => meta.name).join(', ')
    lab.remark(`Running meanwhile, and taking their part of the machine: ${names}`)
  }
  const { calibrate } = await import('../../lab/calibrate/calibrate.js')
  const measured = await calibrate(lab, durationMs, (text) => {
    if (json !== true) lab.remark(`measuring ${text}`)
  })
  lab.document(measured)
  await writeCalibration(lab.os.stateDir, measured)
  if (json !== true) {
    const { renderCalibration } = await import('../../ui/calibration.js')
    lab.print(renderCalibration(measured, lab.look()))
    lab.print(`\nKept in ${calibrationPath(lab.os.stateDir)}: runs that offer more than 80 % of it are warned of.`)
  }
}

async function examine(lab: Lab): Promise<{ findings: Finding[]; kept: KeptCalibration }> {
  const engines = await lab.engines()
  const [docker, processes, programs, state, stacks, kept, machine] = await Promise.all([
    available(engines.docker, topologyWith(AUTO_BALANCERS.preferred), lab),
    available(engines.process, topologyWith(AUTO_BALANCERS.otherwise), lab),
    Promise.all(
      PARTS.flatMap((part) => (part.program.kind === 'installed' ? [partFinding(part, engines.process, lab)] : [])),
    ),
    stateFinding(lab),
    findStacks(await lab.allEngines()),
    readCalibration(lab.os.stateDir),
    thisMachine(),
  ])
  const files = openFileLimit()
  const major = Number(process.versions.node.split('.')[0])
  const findings: Finding[] = [
    { what: 'node', ok: major >= 20, needed: true, found: process.version, fix: 'Install Node 20 or newer' },
    { what: 'process engine', needed: false, ...processes },
    ...programs,
    { what: 'docker engine', needed: false, ...docker },
    {
      what: 'open files',
      ok: files === null || files >= WANTED_FILES,
      needed: false,
      found: files === null ? 'no limit known' : `${files.toLocaleString('en-US')} per process`,
      fix: `Many connections need more: ulimit -n ${WANTED_FILES}`,
    },
    processorFinding(machine),
    await calibrationFinding(kept, machine, lab),
    state,
    {
      what: 'stacks',
      ok: true,
      needed: false,
      found:
        stacks.stacks.length === 0
          ? 'none running'
          : (await Promise.all(stacks.stacks.map((stack) => describeStack(stack, lab)))).join(', '),
      fix: null,
    },
  ]
  return { findings, kept }
}

/** How many processors there are for generator, balancer and instances together. */
function processorFinding(machine: Machine): Finding {
  const cores = usableCores(machine)
  const limits = [
    ...(machine.cores === cpus().length ? [] : [`${machine.cores} of them for this process`]),
    ...(machine.quota_cores === null ? [] : [`a control group allows ${machine.quota_cores}`]),
  ]
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`
  const most = Math.max(1, Math.floor(cores))
  return {
    what: 'processors',
    ok: cores >= 2,
    needed: false,
    found: `${cpus().length} x ${machine.cpu}${limits.map((limit) => ` (${limit})`).join('')}, ${memory}; with --work cpu more than ${most} ${most === 1 ? 'instance' : 'instances'} cannot show more capacity`,
    fix: 'The generator and the stack share one processor: keep rates low',
  }
}

async function calibrationFinding(kept: KeptCalibration, machine: Machine, lab: Lab): Promise<Finding> {
  const finding = { what: 'calibration', needed: false }
  if (kept.kind === 'none') {
    const fix = 'Measure what this machine can drive: scalelab doctor --calibrate'
    return { ...finding, ok: false, found: 'none yet', fix }
  }
  const again = 'Measure anew: scalelab doctor --calibrate'
  if (kept.kind === 'unreadable') {
    return { ...finding, ok: false, found: `${calibrationPath(lab.os.stateDir)}: ${kept.reason}`, fix: again }
  }
  const { calibration } = kept
  const now = new Date()
  const reasons = reasonsToRepeat(calibration, { machine, scalelab: lab.os.version, now })
  const { calibrationText } = await import('../../ui/calibration.js')
  const found = `${calibrationText(calibration)} (${ageText(calibration.measured_at, now)})`
  return {
    ...finding,
    ok: reasons.length === 0,
    found: reasons.length === 0 ? found : `${found}; ${reasons.join(', ')}`,
    fix: again,
  }
}

/** The soft limit on open files of this process, from its diagnostic report; null where there is none. */
function openFileLimit(): number | null {
  const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: number | string } } } | undefined
  const soft = Number(report?.userLimits?.open_files?.soft)
  return Number.isFinite(soft) ? soft : null
}

async function describeStack({ meta, complete }: Stack, lab: Lab): Promise<string> {
  const orphaned = meta.owner !== 'kept' && (await lab.identity.of(meta.owner.pid)) !== meta.owner.identity
  return orphaned ? `${meta.name} (left behind: scalelab clean)` : complete ? meta.name : `${meta.name} (half there)`
}

function topologyWith({ name: balancer }: Part): Topology {
  return topologyOf({ ...stackParametersSchema.parse({ kind: 'balanced', replicas: 3 }), balancer })
}

/** Whether a program of others is on this machine. */
async function partFinding({ name, program }: Part, engine: Engine, lab: Lab): Promise<Finding> {
  const { nodes, entry } = topologyWith(AUTO_BALANCERS.otherwise)
  const trial = { entry, nodes: nodes.slice(0, 1).map((node) => ({ ...node, part: name, program, env: STANDBY })) }
  const what = program.kind === 'installed' ? program.name : name
  const choose = serverOf({ program })?.server.choose
  return { what, needed: false, ...(await available(engine, trial, lab, choose)) }
}

/** With it an engine tells of a data server what a failover would be like. */
const STANDBY = { BORN: 'standby' }

/** @param choose how another one is chosen, where the engine tells which it would take */
async function available(
  engine: Engine,
  topology: Topology,
  lab: Lab,
  choose?: string,
): Promise<Pick<Finding, 'ok' | 'found' | 'fix'>> {
  const availability = await engine.available(topology, lab.os.signal)
  if (!availability.ok) return { ok: false, found: availability.reason, fix: availability.fix }
  const found = choose === undefined ? availability.version : `${availability.notes?.join(' ')} Another one: ${choose}`
  return { ok: true, found, fix: null }
}

async function stateFinding(lab: Lab): Promise<Finding> {
  const what = 'state folder'
  const { stateDir } = lab.os
  try {
    makeFolder(stateDir, { mode: 0o700, elsewhere: 'set XDG_STATE_HOME to another folder' })
    return { what, ok: true, needed: true, found: stateDir, fix: null }
  } catch (error) {
    const found = error instanceof Error ? error.message : stateDir
    return { what, ok: false, needed: true, found, fix: 'Set XDG_STATE_HOME to a folder that can be written' }
  }
}
