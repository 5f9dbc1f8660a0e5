import { DatabaseSurvey } from './database-survey.js'
import type { Probe } from './port.js'
import { replicationReadings } from './replication.js'
import { serverStateReadings } from './server-state.js'
import { someoneStarves, walReceiverReadings } from './wal-receiver.js'

/** Of the interval a read may take so much, so that one that hangs does not delay the next. */
const WITHIN = 0.8
/** A primary's WAL files are listed so often at most, in milliseconds, and only while a standby gets none. */
const LIST_MS = 1_000

/** The first byte of the log that a primary still had. */
interface Oldest {
  of: string | undefined
  byte: number | null
  at: number
}
const NOT_ASKED: Oldest = { of: undefined, byte: null, at: Number.NEGATIVE_INFINITY }

/**
 * All that the database servers say of their replication: one query to each, all at once, so that roles, positions and
 * lags of a read belong together. The readings are those of server-state.ts, replication.ts and wal-receiver.ts.
 * @param now monotonic, in milliseconds
 */
export function databasesProbe(now: () => number, intervalMs = 250): Probe {
  const survey = new DatabaseSurvey(now)
  let oldest: Oldest = NOT_ASKED
  return {
    name: 'databases',
    intervalMs,
    async read(context) {
      const found = await survey.take(context, intervalMs * WITHIN)
      const { primary } = found
      const starves = someoneStarves(found)
      if (oldest.of !== primary?.id) oldest = NOT_ASKED
      if (starves && primary !== null && now() - oldest.at >= LIST_MS) {
        const byte = await survey.oldestByte(context, primary.id, intervalMs * WITHIN)
        // Without an answer the last one holds: WAL that was gone is gone.
        if (byte !== null) oldest = { of: primary.id, byte, at: now() }
      }
      return [
        ...serverStateReadings(found),
        ...replicationReadings(found),
        ...walReceiverReadings(found, starves ? oldest.byte : null),
      ]
    },
  }
}
