import { type Kind, time } from './kinds.js'
import { section } from './row.js'

const interval = time(10, 60_000)

/** A time, or never: null. */
const intervalOrOff: Kind<number | null> = {
  parse: (text, flag) => (text === 'off' ? null : interval.parse(text, flag)),
  format: (ms) => (ms === null ? 'off' : interval.format(ms)),
  check: (ms, flag) => (ms === null ? undefined : interval.check(ms, flag)),
  schema: interval.schema.nullable(),
}

/** How often database servers are read. */
export const PROBES = section(
  { at: 'probes', group: 'databases', needs: () => null },
  {
    probeInterval: {
      key: 'databases_ms',
      takes: '<time>',
      kind: time(20, 60_000),
      default: 250,
      words: 'how often database servers are asked for their replication (default: 250ms)',
      label: 'probe interval',
    },
    heartbeat: {
      key: 'heartbeat_ms',
      takes: '<time>',
      kind: intervalOrOff,
      default: 100,
      words: 'how often a row is written on the primary and read on its standbys, or off (default: 100ms)',
      label: 'heartbeat',
    },
  },
)
