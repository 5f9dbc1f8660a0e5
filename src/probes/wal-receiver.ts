import type { Survey } from './database-survey.js'
import type { Reading } from './port.js'

/**
 * Of every standby that answers: `replication.receiver` (1: its walreceiver streams, pg_stat_wal_receiver) and
 * `replication.slot_lost` (1: the primary has given up its slot, or has no longer the WAL that it needs next; only a new
 * copy helps).
 * @param oldestByte first byte of the log that the primary still has; null where nobody asked
 */
export function walReceiverReadings({ servers, primary }: Survey, oldestByte: number | null): Reading[] {
  return servers.flatMap(({ id, facts }): Reading[] => {
    if (facts === null || !facts.recovery) return []
    const streams = facts.receiver === 'streaming'
    const receiver: Reading = { kind: 'replication.receiver', node: id, value: streams ? 1 : 0, unit: '' }
    if (primary === null) return [receiver]
    const slotLost = primary.slots[facts.slot] === 'lost'
    // Nobody knows yet whether its WAL is still there.
    if (!slotLost && !streams && oldestByte === null) return [receiver]
    const walGone = !streams && oldestByte !== null && facts.position < oldestByte
    return [receiver, { kind: 'replication.slot_lost', node: id, value: slotLost || walGone ? 1 : 0, unit: '' }]
  })
}

/** Whether there is a standby that does not get WAL though the primary is there: then it is worth asking why. */
export function someoneStarves({ servers, primary }: Survey): boolean {
  return primary !== null && servers.some(({ facts }) => facts?.recovery === true && facts.receiver !== 'streaming')
}
