import { CALIBRATION_SCHEMA, type Calibration } from '../calibration.js'

/** A calibration with believable figures; what a test is about, it changes. */
export function madeUpCalibration(changes: Partial<Calibration> = {}): Calibration {
  const failed = (rps: number) => ({
    rps,
    achieved: 1,
    lateness_ms: 7.25,
    cpu: 0.86,
    event_loop_ms: 6.1,
    failed: 'generator-lateness',
  })
  return {
    schema: CALIBRATION_SCHEMA,
    measured_at: '2026-03-08T11:00:00.000Z',
    took_ms: 28_400,
    scalelab: '0.1.0',
    machine: {
      cpu: 'Some CPU',
      cores: 2,
      quota_cores: null,
      platform: 'linux x64',
      node: 'v20.1.0',
      host: '0123456789ab',
    },
    drives: [
      { drive: 'generator', server: 'nginx, answering by itself', generators: 1, rps: 18_000, limit: failed(20_160) },
      {
        drive: 'api',
        server: 'the sample API, which does no work',
        generators: 1,
        rps: 12_000,
        limit: failed(13_440),
      },
      {
        drive: 'balancer',
        server: 'the same API, through nginx',
        generators: 1,
        rps: 9_000,
        limit: { ...failed(10_080), achieved: 0.93, lateness_ms: 1, failed: 'offered-rate' },
      },
    ],
    timers: { late_p50_ms: 0.09, late_p99_ms: 0.4, event_loop_p99_ms: 0.3 },
    noise: { slices: 150, variation: 0.021, worst: 1.31, steal: 0, others: 0.04 },
    ...changes,
  }
}
