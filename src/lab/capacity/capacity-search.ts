import { CAPACITY_FILE, CAPACITY_SCHEMA, type CapacityProbe, type CapacityRecord } from '../../core/capacity.js'
import { isLaboratory, judgeProbe } from '../../core/capacity-judgement.js'
import { LabError, runError } from '../../core/errors.js'
import { measuredMs } from '../../core/load.js'
import type { RunRecord } from '../../core/record.js'
import { doubtsOf } from '../../core/validity.js'
import { nextStep, type SearchOptions, type SearchStep } from '../../stats/capacity-search.js'
import { writeRunReport } from '../report-files.js'
import { type Bench, closedLoop, loadAt, runOn, untilIdle } from './capacity-probe.js'

/** The closed loop needs no percentiles: half of a probe settles its rate, within these bounds, in milliseconds. */
const LONGEST_MAXIMUM_MS = 10_000
const SHORTEST_MAXIMUM_MS = 1_000
/** A maximum in doubt is measured again so often. */
const MAXIMUM_RUNS = 2

/** What a search tells while it runs. */
export interface SearchListener {
  /** The closed loop is about to run. */
  onMaximum(): void
  onProbe(step: Extract<SearchStep, { kind: 'probe' }>): void
  /** A run has ended, and the record is as it is now. */
  onRecord(record: CapacityRecord): void
  onWarning(text: string): void
}

/** A search with what it found so far; what it throws away is nothing. */
export class CapacitySearch {
  readonly record: CapacityRecord

  constructor(
    private readonly bench: Bench,
    private readonly search: Omit<SearchOptions, 'maximum'>,
    private readonly listener: SearchListener,
    startedAt: Date,
  ) {
    const { subject, objectives, folder } = bench
    const { load } = subject
    this.record = {
      schema: CAPACITY_SCHEMA,
      id: `capacity/${subject.scenario}/${folder.path.split(/[\\/]/).at(-1) ?? ''}`,
      scenario: subject.scenario,
      ...(subject.scenarioFile === undefined ? {} : { scenario_file: subject.scenarioFile }),
      stack: subject.scenario,
      engine: bench.stack.meta.engine,
      target: '',
      ...bench.signed,
      started_at: startedAt.toISOString(),
      ended_at: startedAt.toISOString(),
      status: 'running',
      failure: null,
      slo: bench.slo,
      objectives: objectives.map(({ text, metric, comparison, bound }) => {
        const { name, label, unit } = metric
        return { text, metric: name, label, unit, comparison, bound }
      }),
      outcome: null,
      capacity_rps: null,
      interval: null,
      confirmed: false,
      maximum_rps: null,
      maximum: null,
      probes: [],
      search,
      load: {
        arrival: load.mode === 'open' ? load.arrival : 'poisson',
        duration_ms: measuredMs(load),
        warmup_ms: load.warmupMs,
        connections: load.connections,
        timeout_ms: load.timeoutMs,
        seed: load.seed,
        request: null,
      },
      work: subject.work,
      nodes: [],
      environment: null,
      command: null,
    }
  }

  /** Searches to the end. When the signal fires, or a run fails, the record says so; the failure is thrown. */
  async run(): Promise<void> {
    const { signal } = this.bench.lab
    try {
      const maximum = await this.maximum()
      while (!signal.aborted && maximum !== null) {
        const step = nextStep(this.record.probes, { ...this.search, maximum })
        if (step.kind === 'done') return await this.answer(step)
        await this.probe(step)
      }
      await this.end('interrupted')
    } catch (error) {
      if (signal.aborted) return await this.end('interrupted')
      this.record.failure = error instanceof LabError ? error.message : String(error)
      await this.end('failed')
      throw error
    }
  }

  /** What a closed loop reaches; null when it was interrupted. */
  private async maximum(): Promise<number | null> {
    const { subject } = this.bench
    const durationMs = Math.min(LONGEST_MAXIMUM_MS, Math.max(SHORTEST_MAXIMUM_MS, measuredMs(subject.load) / 2))
    for (let run = 1; run <= MAXIMUM_RUNS; run++) {
      this.listener.onMaximum()
      const { record, path, folder } = await runOn(this.bench, closedLoop(subject.load, durationMs))
      if (record.status === 'interrupted') {
        // The search has no figure yet, and no report: what this run has seen has its own.
        if (this.record.maximum === null)
          this.listener.onWarning(`not one figure yet; of what was measured: ${await writeRunReport(folder, record)}`)
        return null
      }
      if (record.load.goodput_rps <= 0) throw runError('the closed loop got no good answer', LOOK)
      refuseChanged(record)
      const doubts = doubtsOf(record.validity)
      // The upper end of a search must not be too low: of two runs the better one.
      if (record.load.goodput_rps > (this.record.maximum_rps ?? 0)) {
        this.record.maximum_rps = Number(record.load.goodput_rps.toPrecision(5))
        const { connections } = record.load
        this.record.maximum = { connections, duration_ms: durationMs, doubts, validity: record.validity, run: path }
      }
      await this.describe(record)
      await this.write()
      if (!doubts.some(isLaboratory)) break
    }
    return this.record.maximum_rps
  }

  private async probe(step: Extract<SearchStep, { kind: 'probe' }>): Promise<void> {
    const { subject } = this.bench
    const { rps, phase } = step
    this.listener.onProbe(step)
    const seed = (subject.load.seed + this.record.probes.length + 1) % 2 ** 31
    const { record, path } = await runOn(this.bench, loadAt(subject.load, rps, seed))
    // A probe that was cut short says nothing; its own record is kept beside the others.
    if (record.status !== 'complete') return
    refuseChanged(record)
    const idle = await this.drained()
    const probe: CapacityProbe = { rps, phase, seed, ...judgeProbe(record), idle_after_ms: idle, run: path }
    this.record.probes.push(probe)
    await this.write()
  }

  /** A backlog that one probe leaves must not be the next one's. */
  private async drained(): Promise<number | null> {
    const { ms, left } = await untilIdle(this.bench)
    if (left)
      this.listener.onWarning(
        `the stack still had requests after ${Math.round((ms ?? 0) / 1_000)} s: the next probe begins with them`,
      )
    return ms
  }

  /** What only a run knows of the stack. */
  private async describe(record: RunRecord): Promise<void> {
    const [{ stackWords }, { capacityCommand }] = await Promise.all([
      import('../../report/stack-words.js'),
      import('../../report/command.js'),
    ])
    const { load, target, nodes, environment } = record
    this.record.stack = stackWords(record)
    this.record.target = target
    this.record.nodes = nodes
    this.record.environment = environment
    this.record.load.request = load.request
    if (load.workload !== undefined) this.record.load.workload = load.workload
    this.record.command = capacityCommand(record, this.record)
    await this.drained()
  }

  private async answer({ outcome, capacity, bracket }: Extract<SearchStep, { kind: 'done' }>): Promise<void> {
    // That a maximum was the laboratory's own makes nothing of the system's.
    const doubted = outcome === 'holds up to the maximum' && (this.record.maximum?.doubts.some(isLaboratory) ?? false)
    this.record.outcome = doubted ? 'laboratory in doubt' : outcome
    this.record.capacity_rps = doubted ? null : capacity
    this.record.interval = [bracket.low, bracket.high]
    this.record.confirmed = !doubted && (outcome === 'confirmed' || outcome === 'holds up to the maximum')
    await this.end('complete')
  }

  private async end(status: CapacityRecord['status']): Promise<void> {
    this.record.status = status
    await this.write()
  }

  private async write(): Promise<void> {
    this.record.ended_at = new Date().toISOString()
    // Nothing was measured: nothing to keep.
    if (this.record.maximum === null) return
    await this.bench.folder.writeJson(CAPACITY_FILE, this.record)
    if (this.record.status === 'running') this.listener.onRecord(this.record)
  }
}

const LOOK = 'See what the nodes say: bring the stack up (scalelab up), ask it, and read scalelab logs'

/** A stack of which a node has ended is another one: what follows would not be measured on the same. */
function refuseChanged({ validity, events }: RunRecord): void {
  if (validity.every(({ check, ok }) => check !== 'stack-changed' || ok)) return
  const what = events.findLast(({ text }) => /ended|was|did not run|exited/.test(text))?.text
  throw runError(`the stack changed while it was measured${what === undefined ? '' : `: ${what}`}`, LOOK)
}
