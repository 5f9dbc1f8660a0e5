import type { ActedOn } from '../../actions/port.js'
import { type StackParameters, stackParametersSchema } from '../../core/parameters.js'
import type { Stack } from '../../engines/port.js'
import type { LabContext } from '../context.js'
import { requestsReach } from './requests-reach.js'

/** A running stack as actions see it. @param parameters as it is now, where that is not as it was brought up */
export function actedOn(
  { signal }: Pick<LabContext, 'signal'>,
  stack: Stack,
  parameters: StackParameters = stackParametersSchema.parse(stack.meta.parameters),
): ActedOn {
  return { stack, parameters, touched: new Set(), requestsReach, signal }
}
