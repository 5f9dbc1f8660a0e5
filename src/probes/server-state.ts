import type { Survey } from './database-survey.js'
import type { Reading } from './port.js'

/**
 * Of every server: `replication.up` (1: it answered this read), and of those that did `replication.role` (1 not in
 * recovery, 0 a standby) and `replication.timeline`. Two servers of role 1 are two primaries: the one with the higher
 * timeline is right.
 */
export function serverStateReadings({ servers }: Survey): Reading[] {
  return servers.flatMap(({ id, facts }): Reading[] => [
    { kind: 'replication.up', node: id, value: facts === null ? 0 : 1, unit: '' },
    ...(facts === null
      ? []
      : [
          { kind: 'replication.role', node: id, value: facts.recovery ? 0 : 1, unit: '' },
          { kind: 'replication.timeline', node: id, value: facts.timeline, unit: '' },
        ]),
  ])
}
