import { LabError } from '../errors.js'

/** The LabError that a call throws; anything else, or nothing, fails the test. */
export function labErrorOf(call: () => unknown): LabError {
  try {
    call()
  } catch (error) {
    if (error instanceof LabError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The LabError that a promise is rejected with. */
export async function labErrorOfAsync(promise: Promise<unknown>): Promise<LabError> {
  const outcome = await promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )
  if (outcome instanceof LabError) return outcome
  throw outcome
}
