import { statedCapacity } from './parameters.js'
import type { RunRecord, Validity } from './record.js'
import { stackParametersOf } from './record-parameters.js'
import { formatNumber } from './units.js'
import type { CheckName } from './validity.js'

/** What a remedy goes by: how the run was made, and what it measured. */
type Facts = Pick<
  RunRecord,
  'load' | 'latency' | 'validity' | 'parameters' | 'engine' | 'environment' | 'trial' | 'reshard'
>

/** From this share of a core on a generator is busy enough for another one to help. */
const BUSY = 0.7
/** Below this share of good answers it is errors that are the news, not the rate. */
const MOSTLY_GOOD = 0.5

/**
 * What can be done about a failed check of this very run, as a sentence; null where nothing that is known would help.
 * Only what was not done already, and what applies to this load and this stack.
 */
export function remedyFor({ check }: Pick<Validity, 'check'>, facts: Facts): string | null {
  return Object.hasOwn(REMEDIES, check) ? REMEDIES[check as CheckName](facts) : null
}

const REMEDIES: Record<CheckName, (facts: Facts) => string | null> = {
  'generator-lateness': generator,
  'generator-busy': generator,
  'generator-paused': () => PAUSED,
  'command-paused': () => PAUSED,
  'generator-cpu': generator,
  'generator-event-loop': generator,
  'host-cpu': host,
  'host-steal': () => 'Repeat it at a quieter time.',
  'offered-rate': overload,
  backlog: overload,
  'lost-requests': () => 'Which causes they had is among the losses in the report.',
  'stack-changed': () => 'When they ended, and why, is among the events in the report.',
  'rate-drift': longer,
  'latency-drift': longer,
}

const PAUSED = 'It was stopped, or the machine stood still or was full: repeat it.'

function generator(facts: Facts): string {
  const { load, environment } = facts
  // Of a machine that is full the generator gets too little: more processes would get no more.
  if (failed(facts, 'host-cpu')) return 'The machine was full: see host-cpu.'
  if (
    Math.max(...(['generator-cpu', 'generator-busy'] as const).map((check) => measuredBy(facts, check) ?? 0)) < BUSY
  ) {
    return 'The generator was not busy itself, so something else held it up: stop other programs on this machine, and repeat it.'
  }
  const less = load.mode === 'closed' ? 'fewer --connections' : 'a lower rate'
  if (load.generators >= environment.cores) {
    return `There are already ${formatNumber(load.generators)} generators on ${formatNumber(environment.cores)} processors: use ${less}, or a larger machine.`
  }
  return `Use --generators ${load.generators + 1}, or ${less}.`
}

function host(facts: Facts): string {
  const { load, engine } = facts
  if (engine === null) return 'Run the generator on another machine than the system, or use a larger one.'
  const parameters = stackParametersOf(facts)
  const less =
    load.mode === 'closed' ? 'fewer --connections' : `a lower rate than ${formatNumber(load.offered_rps ?? 0)}/s`
  if (facts.trial !== undefined || facts.reshard !== undefined) return `Repeat it with ${less}.`
  if (parameters?.app !== null) return `Use fewer instances, ${less}, or a larger machine.`
  switch (parameters.work.kind) {
    case 'cpu':
      return 'Use fewer instances, the calibrated model (--work model), which asks little of the machine, or a larger one.'
    case 'model':
      return parameters.database !== null || parameters.sharding !== null
        ? `Use fewer instances, ${less}, or a larger machine.`
        : `Use fewer instances, a longer --service-time than ${parameters.work.mean_ms}ms, ${less}, or a larger machine.`
    case 'none':
      return parameters.database !== null || parameters.sharding !== null
        ? 'State what a database can do (--query-time with --pool), so that the machine need not be its limit, or use a larger machine.'
        : `Use ${less}, or a larger machine.`
  }
}

function overload(facts: Facts): string {
  const { load, latency } = facts
  const { due, ok, http_error } = load.ledger
  if (due > 0 && ok / due < MOSTLY_GOOD && http_error > 0) {
    return 'Most answers were errors, which a lower rate does not mend: see the answers by status first.'
  }
  // By Little's law so many connections are busy at this rate, if each request takes its service time.
  const needed = ((load.offered_rps ?? 0) * (latency.service_ms.mean ?? 0)) / 1_000
  const capacity = capacityOf(facts)
  if (capacity !== null && (load.offered_rps ?? 0) >= capacity) {
    return `This stack is stated to serve ${formatNumber(capacity)} requests/s: offer less (--rps ${Math.round(capacity * 0.6)} is 60 %).`
  }
  if (needed > 0.9 * load.connections && load.connections < 1_000) {
    return `All ${formatNumber(load.connections)} connections were busy: raise --connections, or lower the rate.`
  }
  return 'Lower the rate, or find the capacity with --max.'
}

function longer({ load }: Facts): string {
  const warmup = `a --warmup longer than ${load.warmup_ms / 1_000}s`
  return load.stages.length > 1
    ? `Use ${warmup}, or longer stages.`
    : `Use ${warmup}, or a --duration longer than ${load.planned_ms / 1_000}s.`
}

/** What the stack can serve by what its requests cost, in requests/s; null where nothing states it. */
function capacityOf(facts: Facts): number | null {
  const parameters = stackParametersOf(facts)
  return parameters === null ? null : statedCapacity(parameters)
}

function measuredBy({ validity }: Facts, check: CheckName): number | null {
  return validity.find((row) => row.check === check)?.value ?? null
}

function failed({ validity }: Facts, check: CheckName): boolean {
  return validity.some((row) => row.check === check && !row.ok)
}
