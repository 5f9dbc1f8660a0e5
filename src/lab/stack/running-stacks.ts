import { LabError, usageError } from '../../core/errors.js'
import { nearest } from '../../core/nearest.js'
import type { Engine, Stack } from '../../engines/port.js'
import type { LabContext } from '../context.js'

/** What was found of stacks, and what could not be looked at. */
export interface FoundStacks {
  stacks: Stack[]
  /** One sentence per engine that could not be asked. */
  problems: string[]
}

/** Every stack of every engine. An engine that does not answer has none that can be reached; that is said, not fatal. */
export async function findStacks(engines: readonly Engine[]): Promise<FoundStacks> {
  const results = await Promise.all(
    engines.map(async (engine): Promise<FoundStacks> => {
      try {
        return { stacks: await engine.stacks(), problems: [] }
      } catch (error) {
        if (!(error instanceof LabError)) throw error
        return { stacks: [], problems: [`${engine.name}: ${error.message}`] }
      }
    }),
  )
  return { stacks: results.flatMap((result) => result.stacks), problems: results.flatMap((result) => result.problems) }
}

/**
 * The stack a command means: the named one, else the only one that runs.
 * @throws LabError (usage) when there is none, or several and none was named
 */
export async function theStack(engines: readonly Engine[], name: string | undefined): Promise<Stack> {
  const { stacks: found } = await findStacks(engines)
  // What can only be removed is none that could be meant.
  const stacks = found.filter(({ damage }) => damage === undefined)
  const names = stacks.map((stack) => stack.meta.name)
  if (name !== undefined) {
    const stack = found.find((candidate) => candidate.meta.name === name)
    if (stack?.damage !== undefined) throw stack.damage
    if (stack !== undefined) return stack
    const close = nearest(name, names)
    throw usageError(
      `no stack "${name}" is running`,
      [
        ...(close === undefined ? [] : [`Did you mean "${close}"?`]),
        names.length === 0 ? 'None is: scalelab up lb-3' : `Running: ${names.join(', ')}`,
      ].join('\n'),
    )
  }
  const [only, ...others] = stacks
  if (only === undefined) throw usageError('no stack is running', 'Bring one up: scalelab up lb-3')
  if (others.length > 0)
    throw usageError(`several stacks are running: ${names.join(', ')}`, 'Say which: --stack <name>')
  if (!only.complete) {
    throw usageError(
      `the stack ${only.meta.name} is only half there`,
      'It is starting, or its start was cut off. Remove it: scalelab clean',
    )
  }
  return only
}

/** Whose a stack is: kept by `up`, used by a bench that lives, or nobody's. */
export async function stateOf(
  stack: Stack,
  { identity }: Pick<LabContext, 'identity'>,
): Promise<'running' | 'in use' | 'half-made' | 'without owner' | 'damaged'> {
  if (stack.damage !== undefined) return 'damaged'
  const { owner } = stack.meta
  if (owner !== 'kept') {
    const alive = (await identity.of(owner.pid)) === owner.identity
    return alive ? 'in use' : 'without owner'
  }
  return stack.complete ? 'running' : 'half-made'
}

/** Who holds it guards the stack, or drills it: two would act on one failure. */
export function guardLock(stack: string): string {
  return `${stack} as its guard`
}
