import type { SchemePlan } from '../core/shard-plan.js'

/** Of several steps together, as shares of all keys; a key that moves twice counts twice. */
export function sumOfSteps(steps: SchemePlan['steps']): { moved: number; needless: number; minimum: number } {
  return {
    moved: steps.reduce((sum, step) => sum + step.moved_fraction, 0),
    needless: steps.reduce((sum, step) => sum + step.unnecessary_fraction, 0),
    minimum: steps.reduce((sum, step) => sum + step.minimum_fraction, 0),
  }
}
