import type { LabError } from '../core/errors.js'
import { seededRandom } from '../core/random.js'
import type { DrillEvent, DrillEventName, Trial } from '../core/trial.js'
import type { DetectorEvents } from '../replication/detector.js'
import type { Failover, FailoverOptions } from '../replication/failover.js'
import { sleep } from './sleep.js'
import type { Stage } from './stage.js'

/** What a drill did, as far as it came. */
export interface Drilled {
  node: string
  role: Trial['role']
  fault: Trial['fault']
  promoted: string | null
  /** In the order of their time. */
  events: DrillEvent[]
  /** Rows that only the old primary had, one JSON object per line; null where there is no such thing. */
  diverged: string | null
  failure: Error | LabError | null
}

export interface DrillOptions {
  node: string
  role: Trial['role']
  fault: Trial['fault']
  /** Does it to the node. */
  strike: () => Promise<void>
  /** Brings the node back, where nobody takes its place; also after a strike by halves. */
  restore: () => Promise<void>
  /** Service as it is before the fault, counted, in milliseconds. */
  baselineMs: number
  /** A standby or an API instance stays away this long after it was missed. */
  awayMs: number
  /** Service as it is after everything is back. */
  tailMs: number
  /** Of the moment of the fault within half a second, so that it hits no rhythm of probes. */
  seed: number
  /** Begins to watch the node; what it returns ends the watch. */
  detect: (events: DetectorEvents) => { stop(): Promise<void> }
  /** A primary's: makes another server the primary. */
  failOver: (options: Pick<FailoverOptions, 'onEvent' | 'signal'>) => Promise<Failover>
  /** Brings the old primary back as a standby, and returns what it alone had. */
  rejoin: (failover: Failover, signal: AbortSignal) => Promise<string | null>
  /** Returns when a standby or an instance, started again or thawed, does its work. */
  serves: (signal: AbortSignal) => Promise<void>
  /** Asked before the fault; a drill by hand waits here. */
  beforeFault?: () => Promise<void>
}

/** How long a failure may stay undetected before the drill is given up, in milliseconds. */
const DETECT_MS = 60_000
/** After a false alarm the node is watched again this soon. */
const WATCH_AGAIN_MS = 50

/** So long after a failover the first writes have what they need of the machine. */
const FIRST_WRITES_MS = 200

/**
 * A drill: baseline under load, fault, detection, what has to be done, everything back, a tail. The load runs beside it
 * and knows nothing of it. Never rejects: what went wrong is in the result, which tells how far it came.
 */
export async function drill(options: DrillOptions, stage: Stage): Promise<Drilled> {
  const { node, role, fault } = options
  const acted: Drilled = { node, role, fault, promoted: null, events: [], diverged: null, failure: null }
  const mark = (event: DrillEventName, of: string | null, detail: string | null, t = stage.clock()): void => {
    acted.events.push({ t_ms: Math.round(t * 10) / 10, event, node: of, detail })
    stage.onEvent(event === 'fault' ? 'warn' : 'info', [event, of, detail].filter((text) => text !== null).join(': '))
  }
  let struck = false
  let over = false
  let onAlarm: (how: string) => void = () => {}
  const alarm = new Promise<string>((resolve) => {
    onAlarm = resolve
  })
  const watch = (): { stop(): Promise<void> } =>
    options.detect({
      onDown(how) {
        if (struck) return onAlarm(how)
        stage.onEvent('warn', `false alarm before the fault: ${how}`)
        void sleep(WATCH_AGAIN_MS, stage.signal).then(() => {
          if (!over) detector = watch()
        })
      },
    })
  let detector = watch()
  try {
    const offset = seededRandom(options.seed)() * 500
    await sleep(Math.max(0, stage.startMs + options.baselineMs + offset - stage.clock()), stage.signal)
    stage.signal.throwIfAborted()
    await options.beforeFault?.()
    struck = true
    mark('fault', node, fault)
    const injecting = options.strike()
    if (role === 'primary') {
      await takeOver(options, stage, acted, mark, injecting, alarm)
    } else {
      try {
        mark('detected', node, await detected(alarm, injecting, stage.signal))
        await injecting
        await sleep(options.awayMs, stage.signal)
      } finally {
        // Also when the drill is broken off: a fault is always undone, once it is complete.
        await injecting.catch(() => undefined)
        await options.restore()
      }
      await options.serves(stage.signal)
      mark('old node back', node, null)
    }
    await sleep(options.tailMs, stage.signal)
  } catch (error) {
    acted.failure = error instanceof Error ? error : new Error(String(error))
    stage.onEvent('error', `the drill stopped: ${acted.failure.message}`)
  } finally {
    over = true
    await detector.stop()
  }
  acted.events.sort((a, b) => a.t_ms - b.t_ms)
  return acted
}

type Mark = (event: DrillEventName, of: string | null, detail: string | null) => void

async function takeOver(
  options: DrillOptions,
  { signal, undisturbed }: Stage,
  acted: Drilled,
  mark: Mark,
  injecting: Promise<void>,
  alarm: Promise<string>,
): Promise<void> {
  const replacing = async (): Promise<Failover> => {
    mark('detected', options.node, await detected(alarm, injecting, signal))
    return options.failOver({ onEvent: mark, signal })
  }
  const replaced = replacing()
  void undisturbed(replaced.then(() => sleep(FIRST_WRITES_MS, signal)).catch(() => {}))
  const failover = await replaced
  acted.promoted = failover.promoted
  await injecting
  // A sibling that does not stream is a fault of its own: the old node comes back all the same.
  const siblings = await Promise.allSettled([failover.siblings])
  signal.throwIfAborted()
  acted.diverged = await options.rejoin(failover, signal)
  mark('old node back', options.node, `streams from ${failover.promoted}`)
  for (const result of siblings) if (result.status === 'rejected') throw result.reason
}

/**
 * How the failure was found out.
 * @throws Error when it was not for too long or the fault could not be injected, the abort reason when the signal fires
 */
async function detected(alarm: Promise<string>, injecting: Promise<void>, signal: AbortSignal): Promise<string> {
  const over = new AbortController()
  const patience = AbortSignal.any([signal, over.signal])
  const undetected = async (): Promise<never> => {
    await sleep(DETECT_MS, patience)
    signal.throwIfAborted()
    throw new Error(`the fault was not detected within ${DETECT_MS / 1_000} s`)
  }
  return Promise.race([alarm, undetected(), failed(injecting)]).finally(() => over.abort())
}

/** Rejects when the fault could not be injected; never settles otherwise. */
function failed(injecting: Promise<void>): Promise<never> {
  return new Promise((_resolve, reject) => {
    injecting.catch(reject)
  })
}
