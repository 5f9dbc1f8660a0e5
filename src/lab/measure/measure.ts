import { totalmem } from 'node:os'
import { checkTimeline } from '../../actions/grammar.js'
import { environmentError } from '../../core/errors.js'
import { measuredMs, withRun } from '../../core/load.js'
import type { RunRecord } from '../../core/record.js'
import type { Objective } from '../../core/slo.js'
import type { Stack } from '../../engines/port.js'
import { programWords } from '../../parts/registry.js'
import type { ProbeRates } from '../../probes/registry.js'
import type { Acted } from '../../run/act.js'
import type { RunPlan } from '../../run/plan.js'
import type { Stage } from '../../run/stage.js'
import { createRunFolder, type RunFolder } from '../../store/run-folder.js'
import { machineOf } from '../calibrate/machine.js'
import type { LabContext } from '../context.js'
import { actedOn } from '../stack/acted-on.js'
import { owningFaults } from '../stack/forgotten-faults.js'
import { type OwnStack, startOwnStack } from '../stack/own-stack.js'
import { expectationsOf } from './expectations.js'
import { measuredDatabases } from './measured-databases.js'
import { type Subject, targetAt } from './subject.js'

/** How runs are measured, and kept. */
export interface RunSettings {
  probes: ProbeRates
  /** Where reports go. */
  out: string
}

export interface Measurement extends RunSettings {
  lab: LabContext
  subject: Subject
  objectives: Objective[]
  /** A drill or a migration: what acts beside the load and ends it, and what the record should say of its settings. */
  beside?: {
    /** Never rejects: a failure is in what it returns. */
    act: (stage: Stage, stack: Stack) => Promise<Acted>
    /** Beside the stack's parameters in the record; what a stack is made from must still be read from them. */
    settings: Record<string, unknown>
    /** How long it should take after the warm-up, in milliseconds. */
    expectedMs: number
  }
}

/** Measures one subject: its folder, its stack if it needs one, the run; the stack is taken down whatever happens. */
export async function measure(measurement: Measurement): Promise<{ record: RunRecord; folder: RunFolder }> {
  const { subject, out } = measurement
  await checkActions(subject)
  const startedAt = new Date()
  // Before anything is started: a path that cannot be written fails now, not after the measurement.
  const folder = await createRunFolder(out, subject.scenario, startedAt)
  try {
    const record = await measureInto(folder, startedAt, measurement)
    return { record, folder }
  } finally {
    await folder.removeIfEmpty()
  }
}

async function measureInto(folder: RunFolder, startedAt: Date, measurement: Measurement): Promise<RunRecord> {
  const { lab, subject } = measurement
  const { system } = subject
  const stack =
    system.kind === 'start'
      ? await startOwnStack(lab, ownStackOf(subject), system.decision, system.start)
      : system.kind === 'stack'
        ? system.stack
        : null
  try {
    lab.signal.throwIfAborted()
    return await load(measurement, stack, folder, startedAt)
  } finally {
    if (system.kind === 'start' && stack !== null) await stack.down()
  }
}

function ownStackOf({ scenario, scenarioFile }: Subject): OwnStack {
  return { scenario, scenarioFile, purpose: 'bench' }
}

async function load(
  { lab, subject, objectives, probes, beside }: Measurement,
  stack: Stack | null,
  folder: RunFolder,
  startedAt: Date,
): Promise<RunRecord> {
  const nodes = stack === null ? [] : await stack.nodes()
  const origin = subject.system.kind === 'url' ? subject.system.origin : nodes[0]?.url
  if (origin === undefined || origin === null) {
    throw environmentError('the entry of the stack does not run', 'See its state: scalelab ps')
  }
  const software = stack === null ? {} : await stack.software()
  const id = `${subject.scenario}/${folder.path.split(/[\\/]/).at(-1) ?? startedAt.toISOString()}`
  const plan: RunPlan = {
    id,
    scenario: subject.scenario,
    scenarioFile: subject.scenarioFile,
    ...(await lab.signed()),
    question: subject.question,
    reading: subject.reading,
    engine: stack?.meta.engine ?? null,
    parameters: { ...subject.parameters, ...beside?.settings },
    work: subject.work,
    // Ids are of a second and a reports folder: the process tells apart what began at once in two.
    load: withRun(subject.load, `${id}-${lab.pid}`),
    expectations: expectationsUnder(subject),
    objectives,
    timeline: subject.timeline,
    actMs: beside?.expectedMs ?? null,
    instances: subject.instances,
  }
  const notes = [...notesOf(subject, stack), ...(await expectationsOf(lab, subject))]
  for (const note of notes.slice(stack?.meta.notes.length ?? 0)) lab.listener.note(note)
  // Loaded when there is something to measure: other commands need not wait for all that a run is made of.
  const [{ run }, { runProbes }] = await Promise.all([import('../../run/run.js'), import('../../probes/registry.js')])
  const view = await lab.listener.openView()
  const loaded = async () =>
    run({
      plan,
      target: targetAt(origin, subject),
      stack,
      generator: await lab.generator(),
      probes: runProbes(() => performance.timeOrigin + performance.now(), probes),
      ...(stack === null ? {} : measuredDatabases(lab, stack, plan.load)),
      ...(stack === null || subject.parameters === null ? {} : { on: actedOn(lab, stack, subject.parameters) }),
      ...(stack === null || beside === undefined ? {} : { act: (stage: Stage) => beside.act(stage, stack) }),
      sink: folder,
      view,
      nodes: stack === null ? [] : await nodeRecords(stack, software),
      environment: environmentOf(lab, software, notes),
      monotonic: () => process.hrtime.bigint(),
      wallClock: () => new Date(),
      signal: lab.signal,
      hurry: lab.hurry,
    })
  try {
    if (stack === null || subject.timeline.length === 0) return await loaded()
    return await owningFaults(lab, stack.meta.name, loaded)
  } finally {
    await view.close()
  }
}

/** How evenly requests are spread says nothing where that is changed on the way. */
function expectationsUnder({ expectations, timeline }: Subject): Subject['expectations'] {
  const reshaped = timeline.some(({ action }) => action.node === null && action.kind !== 'restore')
  return reshaped ? expectations.filter(({ metric }) => !metric.startsWith('distribution.')) : expectations
}

/** Before anything is started: actions that cannot be done are a misunderstanding. */
async function checkActions({ timeline, parameters, system, load }: Subject): Promise<void> {
  if (timeline.length === 0 || parameters === null || system.kind === 'url') return
  const nodes = system.kind === 'start' ? system.decision.topology.nodes : await system.stack.nodes()
  checkTimeline(timeline, { nodes: nodes.map(({ id }) => id), parameters }, measuredMs(load))
}

async function nodeRecords(stack: Stack, software: Record<string, string>): Promise<RunRecord['nodes']> {
  const specs = await stack.specs()
  return specs.map((spec) => ({ id: spec.id, role: spec.role, ...programWords(spec, software) }))
}

/** What a reader should know about the stack and the load, one sentence each. */
function notesOf({ parameters, load }: Subject, stack: Stack | null): string[] {
  const oneClient = parameters?.kind === 'balanced' && parameters.strategy === 'ip-hash' && load.clients === 0
  return [
    ...(stack?.meta.notes ?? []),
    ...(oneClient
      ? ['Every request came from one address, which ip-hash sends to one instance: --clients 100 simulates many.']
      : []),
  ]
}

function environmentOf(lab: LabContext, software: Record<string, string>, notes: string[]): RunRecord['environment'] {
  return {
    ...machineOf(lab),
    memory_mib: Math.round(totalmem() / 2 ** 20),
    software,
    notes,
  }
}
