import type { RunEvent, TickRow } from '../core/record.js'
import type { Phase, Snapshot } from '../core/snapshot.js'
import { formatShare } from '../core/units.js'
import { count, milliseconds, seconds } from './figures.js'
import type { View } from './port.js'
import { progressLine } from './reshard.js'
import { doubtText } from './validity.js'
import { oneLine } from './width.js'

export interface PlainViewOptions {
  /** Takes one line, without its line break. */
  write: (line: string) => void
  /** Between two lines about the run, on the run's clock, in milliseconds. */
  everyMs: number
}

const LEVELS: Record<RunEvent['level'], string> = { info: 'event', warn: 'warning', error: 'error' }

/**
 * The run as lines without escape codes, for pipes, files and simple terminals. Rates in a line are means over the ticks
 * since the line before, latencies the worst of them, errors the count so far. Events and doubts come when they appear.
 */
export function createPlainView({ write, everyMs }: PlainViewOptions): View {
  const told = new Set<string>()
  let phase: Phase | null = null
  let lineAt = Number.NEGATIVE_INFINITY
  let closed = false

  const once = (key: string, line: string): void => {
    if (told.has(key)) return
    told.add(key)
    write(line)
  }

  return {
    update(snapshot) {
      if (closed) return
      const { t_ms, doubts, events } = snapshot
      if (phase === null) write(headline(snapshot))
      for (const { t_ms: t, level, text } of events) {
        once(`event ${t} ${text}`, `${seconds(t)}  ${LEVELS[level].padEnd(9)}  ${oneLine(text)}`)
      }
      for (const { check, text } of doubts) {
        once(`doubt ${check}`, `${seconds(t_ms)}  ${'doubt'.padEnd(9)}  ${doubtText(check, text)}`)
      }
      // A tick may come a little early: half of one is near enough.
      if (snapshot.phase === phase && t_ms - lineAt < everyMs * 0.75) return
      write(runLine(snapshot, lineAt))
      if (snapshot.migration !== null) write(`${seconds(t_ms)}  moving     ${progressLine(snapshot.migration)}`)
      phase = snapshot.phase
      lineAt = t_ms
    },
    notice(text) {
      if (!closed) write(oneLine(text))
    },
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}

function headline({ scenario, engine, target, question }: Snapshot): string {
  const where = [scenario, ...(engine === null ? [] : [`on ${engine}`]), target].map(oneLine).join(' ')
  return question === '' ? where : `${where}: ${oneLine(question)}`
}

function runLine(snapshot: Snapshot, since: number): string {
  const { phase, t_ms, ledger, instances, response_ms } = snapshot
  const start = `${seconds(t_ms)}  ${phase.padEnd(9)}`
  const errors = `errors ${count(ledger.http_error + ledger.lost)}`
  const shares = instances.map(({ id, share, health }) => {
    const sick = health === 'down' || health === 'overloaded' ? ` ${health}` : ''
    return `${oneLine(id)} ${formatShare(share)}${sick}`
  })
  if (phase === 'starting') return start.trimEnd()
  if (phase === 'draining') return `${start}  waiting for the last answers`
  if (phase === 'done') {
    const whole = `in all: answered ${count(ledger.ok + ledger.http_error)}  p50 ${latency(response_ms.p50)}  p99 ${latency(response_ms.p99)}`
    return [start, whole, errors, ...shares, ...shards(snapshot)].join('  ')
  }
  const ticks = snapshot.history.filter((tick) => tick.t_ms > since)
  const offered =
    snapshot.offered_rps === null ? null : (mean(ticks, (tick) => tick.offered_rps) ?? snapshot.offered_rps)
  const achieved = mean(ticks, (tick) => tick.achieved_rps) ?? snapshot.achieved_rps
  const rate = (value: number): string => `${count(value).padStart(6)}/s`
  const figures = [
    start,
    ...(offered === null ? [] : [`offered ${rate(offered)}`]),
    `achieved ${rate(achieved)}`,
    `p50 ${latency(worst(ticks, (tick) => tick.p50_ms))}`,
    `p99 ${latency(worst(ticks, (tick) => tick.p99_ms))}`,
    errors,
    ...replication(snapshot, ticks.length),
    ...shares,
    ...shards(snapshot),
  ]
  return figures.join('  ')
}

/** The largest lag of a standby in the last ticks, and the servers that are down. */
function replication({ databases }: Snapshot, ticks: number): string[] {
  if (databases === null) return []
  const standbys = databases.filter(({ state }) => state === 'standby')
  const lags = standbys.flatMap(({ history }) => history.slice(-Math.max(1, ticks)).flatMap((lag) => lag ?? []))
  const down = databases.filter(({ state }) => state === 'down').map(({ id }) => `${oneLine(id)} down`)
  return [`lag ${latency(lags.length === 0 ? null : Math.max(...lags))}`, ...down]
}

/** What each shard answers of all, and what is wrong with it. */
function shards({ shards: rows }: Snapshot): string[] {
  return (rows ?? []).map(({ id, share, state, hot }) => {
    const mark = state === 'down' ? ' down' : hot ? ' hot' : ''
    return `${oneLine(id)} ${formatShare(share)}${mark}`
  })
}

function latency(value: number | null): string {
  return `${milliseconds(value)} ms`.padStart(9)
}

function known(ticks: readonly TickRow[], pick: (tick: TickRow) => number | null): number[] {
  return ticks.flatMap((tick) => pick(tick) ?? [])
}

function mean(ticks: readonly TickRow[], pick: (tick: TickRow) => number | null): number | null {
  const values = known(ticks, pick)
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

function worst(ticks: readonly TickRow[], pick: (tick: TickRow) => number | null): number | null {
  const values = known(ticks, pick)
  return values.length === 0 ? null : Math.max(...values)
}
