import type { Survey, SurveyedSender } from './database-survey.js'
import type { Reading } from './port.js'

/** A standby answers its primary at least every second (wal_receiver_status_interval): what is older is no news. */
const SILENT_MS = 3_000

const SYNC: Readonly<Record<string, number>> = { async: 0, potential: 1, sync: 2, quorum: 3 }
const LAGS = ['write', 'flush', 'replay'] as const
const POSITIONS = ['sent', 'write', 'flush', 'replay'] as const

/**
 * Of every standby as the primary sees it (pg_stat_replication): `replication.state` (1 streaming, 0.5 connected and
 * catching up, 0 neither), `replication.sync` (0 async, 1 potential, 2 sync, 3 quorum), how many bytes of WAL it is
 * behind (`replication.sent_bytes` to `replay_bytes`), and how long the last WAL took (`replication.write_lag_ms`,
 * `flush_lag_ms`, `replay_lag_ms`, the way back included) or `replication.idle` 1: nothing was written, so nothing was
 * timed. Of a standby that does not answer itself, and of one that keeps silent, PostgreSQL shows the last lag for ever;
 * it is left out. Without a primary there is no reading.
 */
export function replicationReadings({ servers, primary }: Survey): Reading[] {
  if (primary === null) return []
  return servers.flatMap(({ id, facts }): Reading[] => {
    if (id === primary.id || facts?.recovery === false) return []
    const sender = senderOf(primary.senders, id)
    const state: Reading = { kind: 'replication.state', node: id, value: stateOf(sender), unit: '' }
    if (sender === null) return [state]
    const sync = SYNC[sender.sync]
    return [
      state,
      ...(sync === undefined ? [] : [{ kind: 'replication.sync', node: id, value: sync, unit: '' }]),
      ...POSITIONS.flatMap((position): Reading[] => {
        const bytes = sender[position]
        // Positions are read one after the other: the standby may have been told of more in between.
        return bytes === null
          ? []
          : [{ kind: `replication.${position}_bytes`, node: id, value: Math.max(0, bytes), unit: 'bytes' }]
      }),
      ...(facts === null || (sender.silent_ms ?? Number.POSITIVE_INFINITY) > SILENT_MS ? [] : lagReadings(id, sender)),
    ]
  })
}

function lagReadings(id: string, sender: SurveyedSender): Reading[] {
  const lags = LAGS.flatMap((lag): Reading[] => {
    const value = sender[`${lag}_lag_ms`]
    return value === null ? [] : [{ kind: `replication.${lag}_lag_ms`, node: id, value, unit: 'ms' }]
  })
  // Without a lag and behind: it has not been timed yet, which is not idle.
  const idle = sender.replay_lag_ms === null && (sender.replay ?? 1) <= 0
  if (sender.replay_lag_ms === null && !idle) return lags
  return [...lags, { kind: 'replication.idle', node: id, value: idle ? 1 : 0, unit: '' }]
}

/** The connection of a standby; of several (one may be left over from before it froze) the last that streams. */
function senderOf(senders: readonly SurveyedSender[], id: string): SurveyedSender | null {
  const own = senders.filter((sender) => sender.id === id)
  return own.findLast(({ state }) => state === 'streaming') ?? own.at(-1) ?? null
}

function stateOf(sender: SurveyedSender | null): number {
  if (sender === null) return 0
  return sender.state === 'streaming' ? 1 : 0.5
}
