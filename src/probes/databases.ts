import { DatabaseSurvey } from './database-survey.js'
import type { Probe } from './port.js'
import { replicationReadings } from './replication.js'
import { serverStateReadings } from './server-state.js'
import { someoneStarves, walReceiverReadings } from './wal-receiver.js'

/** Of the interval a read may take so much, so that one that hangs does not delay the next. */
const WITHIN = 0.8
/** A primary's WAL files are listed so often at most, in milliseconds, and only while a standby gets none. */
const LIST_MS = 1_000

/**
 * All that the database servers say of their replication: one query to each, all at once, so that roles, positions and
 * lags of a read belong together. The readings are those of server-state.ts, replication.ts and wal-receiver.ts.
 * @param now monotonic, in milliseconds
 */
export function databasesProbe(now: () => number, intervalMs = 250): Probe {
  const survey = new DatabaseSurvey(now)
  let oldest: { byte: number | null; at: number } = { byte: null, at: Number.NEGATIVE_INFINITY }
  return {
    name: 'databases',
    intervalMs,
    async read(context) {
      const found = await survey.take(context, intervalMs * WITHIN)
      const starves = someoneStarves(found)
      if (starves && found.primary !== null && now() - oldest.at >= LIST_MS) {
        const byte = await survey.oldestByte(context, found.primary.id, intervalMs * WITHIN)
        oldest = { byte, at: now() }
      }
      return [
        ...serverStateReadings(found),
        ...replicationReadings(found),
        ...walReceiverReadings(found, starves ? oldest.byte : null),
      ]
    },
  }
}
