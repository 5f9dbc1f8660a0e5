export const DISTRIBUTIONS = ['exp', 'fixed', 'uniform'] as const
export type Distribution = (typeof DISTRIBUTIONS)[number]

/** What a request costs an API instance. */
export type Work =
  /**
   * Calibrated service model: `workers` servers behind one queue in arrival order, each request holding a server for a
   * time drawn from the distribution (uniform: 0 to twice the mean). A request that finds `queueLimit` others waiting
   * is refused with 503. Capacity is workers / mean: 1 worker and 2 ms give 500 requests/s on any machine.
   */
  | { kind: 'model'; workers: number; distribution: Distribution; meanMs: number; queueLimit: number }
  /** Real processor work: busy for so many milliseconds of processor time. */
  | { kind: 'cpu'; ms: number }
  | { kind: 'none' }

export const DEFAULT_WORK: Work = { kind: 'model', workers: 1, distribution: 'exp', meanMs: 2, queueLimit: 1_000 }

/** Work as the environment of an API instance (read back by `workFromEnv`). */
export function workToEnv(work: Work): Record<string, string> {
  switch (work.kind) {
    case 'model':
      return {
        WORK: 'model',
        WORK_WORKERS: String(work.workers),
        WORK_DISTRIBUTION: work.distribution,
        WORK_MEAN_MS: String(work.meanMs),
        WORK_QUEUE_LIMIT: String(work.queueLimit),
      }
    case 'cpu':
      return { WORK: 'cpu', WORK_CPU_MS: String(work.ms) }
    case 'none':
      return { WORK: 'none' }
  }
}

/** The counterpart of `workToEnv`; what is not set takes its default. Throws Error on an unknown kind or a bad number. */
export function workFromEnv(env: Record<string, string | undefined>): Work {
  const number = (name: string, fallback: number): number => {
    const value = Number(env[name] ?? fallback)
    if (!Number.isFinite(value) || value < 0)
      throw new Error(`${name} must be a number of at least 0, not ${env[name]}`)
    return value
  }
  const kind = env.WORK ?? DEFAULT_WORK.kind
  if (kind === 'none') return { kind }
  if (kind === 'cpu') return { kind, ms: number('WORK_CPU_MS', 2) }
  if (kind !== 'model') throw new Error(`WORK must be model, cpu or none, not ${kind}`)
  const distribution = DISTRIBUTIONS.find((known) => known === (env.WORK_DISTRIBUTION ?? 'exp'))
  if (distribution === undefined) throw new Error(`WORK_DISTRIBUTION must be one of ${DISTRIBUTIONS.join(', ')}`)
  return {
    kind,
    workers: Math.max(1, number('WORK_WORKERS', 1)),
    distribution,
    meanMs: number('WORK_MEAN_MS', 2),
    queueLimit: number('WORK_QUEUE_LIMIT', 1_000),
  }
}

/** Work in words, for reports: every figure says which kind of work was measured. */
export function describeWork(work: Work): string {
  switch (work.kind) {
    case 'model': {
      const capacity =
        work.meanMs > 0 ? ` (capacity ${Math.round((work.workers * 1_000) / work.meanMs)} requests/s)` : ''
      return `calibrated service model: ${work.workers} worker${work.workers === 1 ? '' : 's'}, ${work.distribution} service time, mean ${work.meanMs} ms${capacity}`
    }
    case 'cpu':
      return `processor work: ${work.ms} ms of CPU time per request`
    case 'none':
      return 'no work per request'
  }
}
