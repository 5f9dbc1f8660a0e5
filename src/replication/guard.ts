import { setTimeout as sleep } from 'node:timers/promises'
import type { DetectionRow } from '../core/detection.js'
import { EXIT, LabError, runError, usageError } from '../core/errors.js'
import { Cluster } from './cluster.js'
import type { DetectorSettings } from './detector.js'
import { failOver, rejoin } from './failover.js'
import type { NodeControl } from './port.js'
import type { Endpoint } from './session.js'
import { readied } from './standbys.js'
import { Watch } from './watch.js'

export interface GuardOptions {
  control: NodeControl
  /** What decides. */
  settings: DetectorSettings
  /** Further settings that watch beside it and only keep count. */
  compared: readonly DetectorSettings[]
  /** False: nothing is ever done, alarms are counted. */
  acts: boolean
  /** Freezes the primary so many times first, to measure how soon each setting notices. */
  freezes: number
  pause: (node: string) => Promise<void>
  resume: (node: string) => Promise<void>
  onEvent: (level: 'info' | 'warn', text: string) => void
  /** How long to watch, once the freezes are over, in milliseconds; null: until the signal fires. */
  lengthMs: number | null
  /** Ends everything. */
  signal: AbortSignal
}

export interface GuardResult {
  watched_ms: number
  /** Alarms of the deciding setting about a server that ran all the same. */
  false_alarms: number
  failovers: {
    old: string
    promoted: string
    detected: string
    /** From the alarm until the new primary accepted writes. */
    promoted_ms: number
    /** From the alarm until the old one streamed from it. */
    took_ms: number
    false_alarm: boolean
  }[]
  /** Every setting, the deciding one first. */
  settings: DetectionRow[]
}

/** No setting may take longer to notice a freeze than this, in milliseconds. */
const FREEZE_LIMIT_MS = 30_000
/** Between two looks for a primary where there is none. */
const LOOK_MS = 500

/**
 * Watches the primary of a cluster until its time is up or the signal fires. When it fails a standby takes its place,
 * and it comes back as a standby; then the new primary is watched. An alarm is called false when the engine says that
 * the server was running, which decides nothing: a guard that could ask the engine would need no detector.
 */
export async function guard(options: GuardOptions): Promise<GuardResult> {
  const { control, settings, compared, lengthMs, onEvent, signal } = options
  const result: GuardResult = { watched_ms: 0, false_alarms: 0, failovers: [], settings: [] }
  const found = await primaryNow(control)
  if (found === null) {
    throw usageError(
      'there is no primary to watch at the moment',
      'Put the stack right first: scalelab failover --resume',
    )
  }
  let primary = found
  const truth = async (): Promise<boolean> =>
    (await control.members()).some(({ id, state }) => id === primary.id && state === 'running')
  let alarm: (how: string) => void = () => {}
  const deciding = new Watch(
    settings,
    (how) => alarm(how),
    (words) => onEvent('warn', `${primary.id} lives, and refuses the guard: ${words}`),
  )
  let failure: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_resolve, reject) => {
    failure = reject
  })
  failed.catch(() => {})
  /** While a failover is under way the server that failed may run again: nobody's alarm is held against that. */
  let replacing = false
  const over = (): boolean => replacing || signal.aborted
  const others: Watch[] = compared.map((other) => {
    const watch: Watch = new Watch(other, (how) => {
      const counting = async (): Promise<void> => {
        if (over() || !(await truth()) || over()) return
        watch.falseAlarm()
        onEvent('info', `false alarm at a probe interval of ${other.intervalMs} ms, which only counts: ${how}`)
        await watch.begin(primary)
      }
      counting().catch(failure)
    })
    return watch
  })
  const all = [deciding, ...others]
  let ready: Cluster | undefined
  try {
    if (options.freezes > 0) await measureDetection(primary, options, all)
    onEvent('info', `watching ${primary.id}`)
    const begun = performance.now()
    const ending = endOf(lengthMs, signal)
    const stopped = new Promise<null>((resolve) =>
      ending.signal.addEventListener('abort', () => resolve(null), { once: true }),
    )
    while (!ending.signal.aborted) {
      const alarmed = new Promise<string>((resolve) => {
        alarm = resolve
      })
      ready?.close()
      if (options.acts) ready = await readied(primary.id, control)
      await Promise.all(all.map((watch) => watch.begin(primary)))
      const how = await Promise.race([alarmed, stopped, failed])
      if (how === null) break
      const at = performance.now()
      const ran = await truth()
      if (ran) {
        result.false_alarms += 1
        deciding.falseAlarm()
      }
      onEvent('warn', `${primary.id} failed: ${how}${ran ? ' (a false alarm: it was running)' : ''}`)
      if (!options.acts) {
        primary = await untilPrimary(control, ending.signal).catch(() => primary)
        continue
      }
      const old = primary.id
      replacing = true
      const done = await replaceWhenPossible(old, options, ready, ending.signal)
      replacing = false
      if (done !== null) {
        const { promoted, promotedAt, lacking } = done
        const took = Math.round(performance.now() - at)
        const promoted_ms = Math.round(promotedAt - at)
        result.failovers.push({ old, promoted, detected: how, promoted_ms, took_ms: took, false_alarm: ran })
        const after = `${promoted} is the primary ${took} ms after the alarm`
        if (lacking === null) onEvent('info', `${after}; ${old} is its standby`)
        else onEvent('warn', `${after}; ${lacking}: scalelab failover --resume`)
      }
      primary = await untilPrimary(control, ending.signal).catch(() => primary)
    }
    ending.clear()
    result.watched_ms = Math.round(performance.now() - begun)
    return result
  } finally {
    ready?.close()
    await Promise.all(all.map((watch) => watch.end()))
    result.settings = all.map((watch) => watch.result)
  }
}

/**
 * Fires when the signal does, or when the time is up. Not AbortSignal.timeout: its timer and the signals made of it are
 * held by nothing, and may be collected before they fire.
 */
function endOf(lengthMs: number | null, signal: AbortSignal): { signal: AbortSignal; clear(): void } {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  const timer = lengthMs === null ? undefined : setTimeout(end, lengthMs)
  return {
    signal: ending.signal,
    clear: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    },
  }
}

interface Replaced {
  promoted: string
  promotedAt: number
  /** Why not all the others stream from it, in words; null: they do. */
  lacking: string | null
}

/**
 * Puts a standby in the place of one that failed, as soon as one can take it: where a second server has died as well the
 * guard says so and waits for its repair. Null when there is a primary again, or the signal fires, before that.
 * @throws LabError when the stack is gone
 */
async function replaceWhenPossible(
  old: string,
  options: GuardOptions,
  ready: Cluster | undefined,
  signal: AbortSignal,
): Promise<Replaced | null> {
  const { control, onEvent } = options
  let said = ''
  for (let prepared = ready; ; prepared = undefined) {
    try {
      return await replace(old, options, prepared)
    } catch (error) {
      if (!(error instanceof LabError) || error.exitCode !== EXIT.runFailed) throw error
      if ((await control.members()).length === 0) throw error
      if (error.message !== said) onEvent('warn', `${error.message}; waiting until one can, or ${old} is back`)
      said = error.message
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted || (await primaryNow(control)) !== null) return null
  }
}

async function replace(
  old: string,
  { control, onEvent, signal }: GuardOptions,
  ready: Cluster | undefined,
): Promise<Replaced> {
  // Once begun it is carried through: half a failover is worse than none.
  const whole = new AbortController().signal
  const { promoted, siblings, divergedSince } = await failOver(old, {
    control,
    signal: whole,
    ...(ready === undefined ? {} : { ready }),
    onEvent: (event, node, detail) => onEvent('info', [event, node, detail].filter((text) => text !== null).join(': ')),
  })
  const promotedAt = performance.now()
  try {
    await siblings
    if (!signal.aborted) await rejoin(old, 'auto', divergedSince, control, whole)
    return { promoted, promotedAt, lacking: null }
  } catch (error) {
    // There is a primary to be watched, whatever has become of the others.
    if (!(error instanceof LabError)) throw error
    return { promoted, promotedAt, lacking: error.message }
  }
}

/** Freezes the primary again and again until every setting has noticed; nothing else is done about it. */
async function measureDetection(primary: Endpoint, options: GuardOptions, all: readonly Watch[]): Promise<void> {
  const { freezes, pause, resume, onEvent, signal } = options
  onEvent('info', `freezing ${primary.id} ${freezes} times, to measure how soon each setting notices`)
  for (let n = 0; n < freezes && !signal.aborted; n++) {
    let frozenAt: number | null = null
    const trials: Watch[] = []
    const noticed = all.map(
      (watch) =>
        new Promise<void>((resolve) => {
          const trial: Watch = new Watch(watch.settings, () => {
            if (frozenAt === null) {
              watch.falseAlarm()
              void trial.begin(primary)
            } else {
              watch.detectedAfter(performance.now() - frozenAt)
              resolve()
            }
          })
          trials.push(trial)
          void trial.begin(primary)
        }),
    )
    const ending = new AbortController()
    const patience = AbortSignal.any([signal, ending.signal])
    try {
      // Connected, and at a moment that is none of the probes' own.
      await sleep(500 + Math.random() * 1_000, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      frozenAt = performance.now()
      await pause(primary.id)
      const tooLate = sleep(FREEZE_LIMIT_MS, false, { signal: patience }).catch(() => true)
      if (!(await Promise.race([Promise.all(noticed).then(() => true), tooLate]))) {
        throw runError(`a freeze was not noticed within ${FREEZE_LIMIT_MS / 1_000} s`)
      }
    } finally {
      ending.abort()
      await resume(primary.id)
      await Promise.all(trials.map((trial) => trial.end()))
    }
    await sleep(500, undefined, { signal }).catch(() => undefined)
  }
}

/** The primary, as soon as there is one. @throws the abort reason when the signal fires first */
async function untilPrimary(control: NodeControl, signal: AbortSignal): Promise<Endpoint> {
  for (;;) {
    const primary = await primaryNow(control)
    if (primary !== null) return primary
    await sleep(LOOK_MS, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

async function primaryNow(control: NodeControl): Promise<Endpoint | null> {
  const members = await control.members()
  const cluster = new Cluster(members)
  const primary = await cluster.primary().finally(() => cluster.close())
  return members.find(({ id }) => id === primary?.id)?.endpoint ?? null
}
