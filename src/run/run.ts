import { setMaxListeners } from 'node:events'
import type { ActedOn } from '../actions/port.js'
import type { ActionRecord } from '../core/actions.js'
import { measuredMs } from '../core/load.js'
import type { RunRecord } from '../core/record.js'
import type { WritesRecord } from '../core/replication.js'
import type { Sample } from '../core/sample.js'
import type { Snapshot } from '../core/snapshot.js'
import type { NodeStatus } from '../core/stack.js'
import type { Stack } from '../engines/port.js'
import type { Journal, LoadGenerator, LoadTarget, LoadTick } from '../load/port.js'
import type { Probe, ProbeContext } from '../probes/port.js'
import type { Acted } from './act.js'
import type { RunPlan } from './plan.js'
import { Postponed } from './postponed.js'
import { readOnSchedule } from './probing.js'
import { buildRecord } from './record-builder.js'
import { RunState } from './run-state.js'
import type { ShardAudit } from './sharding.js'
import type { Stage } from './stage.js'
import { carryOutTimeline } from './timeline.js'

/** Length of a tick: how often figures cross from the generator to samples and views, in milliseconds. */
const TICK_MS = 500
/** How long answers may still come in after the load has ended. */
const DRAIN_MS = 3_000
/** How long ticks and engines wait at most for what acts beside the load. */
const PEACE_MS = 3_000

/** Where a run writes while it runs. */
export interface RunSink {
  appendSamples(samples: readonly Sample[]): Promise<void>
  writeRecord(record: RunRecord): Promise<void>
}

export interface RunInput {
  plan: RunPlan
  target: LoadTarget
  /** Null for a system that was already running. */
  stack: Stack | null
  generator: LoadGenerator
  probes: readonly Probe[]
  /** The database servers that can be reached, for the probes; leave it out where the system has none. */
  databases?: ProbeContext['databases']
  /** The same of shards; a stack has either. */
  shards?: ProbeContext['shards']
  /** What the timeline is carried out on; leave it out where there is no stack. */
  on?: ActedOn
  sink: RunSink
  view: { update(snapshot: Snapshot): void }
  nodes: RunRecord['nodes']
  environment: RunRecord['environment']
  /** Something to do while the load runs; when it has ended, so does the load. Never rejects: a failure is in what it returns. */
  act?: (stage: Stage) => Promise<Acted>
  /** Holds what clients were told of their writes against the database, once the load has ended. */
  verify?: (journal: Journal) => Promise<WritesRecord>
  /** Counts what is on the shards, once the load has ended; null where they cannot be asked. */
  audit?: () => Promise<ShardAudit | null>
  /** The monotonic clock that generators share: process.hrtime.bigint. */
  monotonic: () => bigint
  wallClock: () => Date
  signal: AbortSignal
  /** Fires after `signal`: the end is not to wait for what is still in flight. */
  hurry?: AbortSignal
}

/**
 * One run, from the first request to the record:
 *
 * 1. probes begin to read, the generator connects, the run clock starts;
 * 2. warm-up, then the counted part: ticks and readings become samples, snapshots go to the view, the timeline is carried out;
 * 3. the load ends (or the signal fires, or what acts beside it, a drill or a migration, is over): what is in flight drains,
 *    what was done to the stack is taken back, probes stop;
 * 4. what clients were told of their writes is held against the database, and shards are counted;
 * 5. the record is built, judged and written.
 *
 * When the signal fires the record tells of what there was, with status 'interrupted'.
 * @throws LabError from the generator (environment or run failed) and from the sink
 */
export async function run(input: RunInput): Promise<RunRecord> {
  const { plan, stack, sink, view } = input
  const startedAt = input.wallClock()
  const statuses = stack === null ? [] : await stack.nodes()
  const { learn, nameOf } = instanceNames()
  learn(statuses)
  const state = new RunState(plan, input.target.origin, nameOf)
  const ending = new AbortController()
  // Every probe and each of its requests listens: with many nodes that is no leak that Node should warn of.
  setMaxListeners(0, ending.signal)
  const undisturbed = new AbortController()
  const postponed = new Postponed()

  let origin: bigint | null = null
  const clock = (): number => (origin === null ? 0 : Number(input.monotonic() - origin) / 1e6)
  let writing: Promise<void> = Promise.resolve()
  let writeFailure: unknown = null
  const append = (samples: Sample[]): void => {
    writing = writing
      .then(() => sink.appendSamples(samples))
      .catch((error: unknown) => {
        // A full disk must not lose the run: it goes on, and the failure is told at the end.
        writeFailure ??= error
      })
  }

  const heart = watchPauses((ms) => state.paused(ms))
  const probing = input.probes.map((probe) =>
    readOnSchedule(probe, stack, input, postponed, ending.signal, {
      onReadings(readings) {
        if (origin === null) return
        const t = Math.round(clock())
        state.addReadings(readings, t)
        append(readings.map((reading) => ({ t, ...reading })))
      },
      onFailure: (text) => state.addEvent('warn', text, clock()),
    }),
  )
  let timeline: Promise<ActionRecord[]> = Promise.resolve([])
  const curtain = new AbortController()
  let acting: Promise<Acted | null> = Promise.resolve(null)
  view.update(state.snapshot())

  try {
    const result = await input.generator.run({
      load: plan.load,
      target: input.target,
      signal: AbortSignal.any([input.signal, curtain.signal]),
      drainMs: DRAIN_MS,
      hurry: input.hurry,
      tickMs: TICK_MS,
      onStart: (originNs) => {
        origin = originNs
        if (input.act !== undefined) {
          const stage: Stage = {
            clock,
            startMs: plan.load.warmupMs,
            signal: input.signal,
            // Views see both with the next tick: a snapshot of everything would hold up what is told here.
            onEvent: (level, text) => state.addEvent(level, text, clock()),
            onProgress: (progress) => {
              state.migration = progress
            },
            undisturbed: (what) => postponed.during(what, PEACE_MS),
          }
          acting = input.act(stage).finally(() => curtain.abort())
        }
        if (input.on === undefined || plan.timeline.length === 0) return
        timeline = carryOutTimeline({
          planned: plan.timeline,
          on: input.on,
          startMs: plan.load.warmupMs,
          clock,
          signal: AbortSignal.any([undisturbed.signal, input.signal]),
          onEvent: (level, text, tMs) => state.addEvent(level, text, tMs),
          // Instances that have joined are known by their addresses from then on.
          onDone: async () => {
            if (stack !== null) learn(await stack.nodes())
          },
        })
      },
      onTick: (tick) =>
        postponed.do(() => {
          state.addTick(tick)
          append(tickSamples(tick, nameOf))
          view.update(state.snapshot())
        }),
    })
    postponed.release()
    undisturbed.abort()
    const actions = await timeline
    const acted = await acting
    const ended = result.complete || curtain.signal.aborted
    const status = input.signal.aborted ? 'interrupted' : acted?.failure ? 'failed' : ended ? 'complete' : 'interrupted'
    if (status === 'interrupted') {
      const planned = plan.load.warmupMs + measuredMs(plan.load)
      state.addEvent('warn', `stopped by hand after ${(clock() / 1_000).toFixed(1)} s of ${planned / 1_000} s`, clock())
    }
    const struck = [...actions.flatMap(({ node }) => node ?? []), ...(input.on?.touched ?? []), ...touchedBy(acted)]
    const changes = stack === null ? [] : changesOf(statuses, await stack.nodes(), struck)
    for (const text of changes) state.addEvent('warn', text, clock())
    state.setPhase('done')
    view.update(state.snapshot())
    await writing
    const writes = result.journal === null ? null : ((await input.verify?.(result.journal)) ?? null)
    const audit = (await input.audit?.()) ?? null
    const record = buildRecord({
      ...input,
      target: input.target,
      startedAt,
      endedAt: input.wallClock(),
      status,
      result,
      state,
      actions,
      acted,
      audit,
      writes,
      upMs: stack?.meta.readyMs,
      changedNodes: stack === null ? null : changes.length,
      nameOf,
    })
    await sink.writeRecord(record)
    if (writeFailure !== null) throw writeFailure
    return record
  } finally {
    clearInterval(heart)
    ending.abort()
    undisturbed.abort()
    curtain.abort()
    await timeline
    await acting
    await Promise.all(probing)
    await writing
  }
}

/** Nodes whose comings and goings what acted beside the load tells of itself. */
function touchedBy(acted: Acted | null): string[] {
  if (acted === null) return []
  return acted.kind === 'drill' ? [acted.node] : [...acted.reshard.added, ...acted.reshard.removed]
}

/**
 * What became of the nodes between two looks, one sentence each: those that did not run, left, or joined. Those that an
 * action struck or a migration added have events of their own.
 */
function changesOf(before: readonly NodeStatus[], after: readonly NodeStatus[], struck: readonly string[]): string[] {
  const left = before.flatMap(({ id, state, handle }) => {
    if (struck.includes(id)) return []
    const now = after.find((node) => node.id === id)
    if (now === undefined) return [`${id} was removed while the load ran`]
    if (state !== 'running') return [`${id} did not run: ${state} when the load began`]
    if (now.state !== 'running') return [`${id} was ${now.state} when the load ended`]
    // Another process or container under the same name: it ended and was started again.
    return now.handle === handle ? [] : [`${id} was started anew while the load ran`]
  })
  const joined = after.filter(({ id }) => !struck.includes(id) && !before.some((node) => node.id === id))
  return [...left, ...joined.map(({ id }) => `${id} was added while the load ran`)]
}

/** Maps what answers are marked with (an id, or the address a balancer saw) to the id of a node, of all that there ever were. */
function instanceNames(): { learn(statuses: readonly NodeStatus[]): void; nameOf(instance: string): string } {
  const ids = new Map<string, string>()
  return {
    learn(statuses) {
      for (const { id, internalAddresses } of statuses) for (const address of internalAddresses) ids.set(address, id)
    },
    nameOf: (instance) => ids.get(instance) ?? instance,
  }
}

/** How often this process looks whether it runs, in milliseconds. */
const HEARTBEAT_MS = 50

/** Tells how much too late every heartbeat of this process is, in milliseconds; until the timer that it gives is cleared. */
function watchPauses(onPause: (ms: number) => void): NodeJS.Timeout {
  let last = performance.now()
  return setInterval(() => {
    const now = performance.now()
    onPause(Math.max(0, now - last - HEARTBEAT_MS))
    last = now
  }, HEARTBEAT_MS)
}

function tickSamples(tick: LoadTick, nameOf: (instance: string) => string): Sample[] {
  const t = Math.round(tick.to)
  const perSecond = (count: number): number => count / Math.max(0.001, (tick.to - tick.from) / 1_000)
  const samples: Sample[] = [
    { t, kind: 'load.offered_rps', value: perSecond(Math.max(0, tick.due)), unit: 'requests/s' },
    { t, kind: 'load.achieved_rps', value: perSecond(tick.ok + tick.http_error), unit: 'requests/s' },
    { t, kind: 'load.http_errors', value: tick.http_error, unit: 'requests' },
    { t, kind: 'load.lost', value: tick.lost, unit: 'requests' },
    { t, kind: 'generator.cpu_share', value: tick.generator.cpu, unit: 'share of a core' },
    { t, kind: 'generator.lateness_p99', value: tick.generator.latenessMs, unit: 'ms' },
    { t, kind: 'generator.busy_share', value: tick.generator.busy, unit: 'share of its time' },
    { t, kind: 'generator.event_loop_p99', value: tick.generator.eventLoopDelayMs, unit: 'ms' },
    { t, kind: 'generator.backlog', value: tick.generator.backlog, unit: 'requests' },
  ]
  const instances = Object.entries(tick.instances).map(
    ([instance, counts]): Sample => ({
      t,
      kind: 'instance.rps',
      node: nameOf(instance),
      value: perSecond(counts.answered),
      unit: 'requests/s',
    }),
  )
  return [...samples, ...instances]
}
