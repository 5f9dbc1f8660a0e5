/** Simulated clients that were answered more than once, and those of them whom one instance alone answered. */
export interface ClientInstances {
  answered_again: number
  on_one_instance: number
}

/** @param answers of each instance, to each client; a client with a single answer says nothing */
export function clientInstances(answers: readonly (readonly number[])[]): ClientInstances {
  const clients = Math.max(0, ...answers.map((counts) => counts.length))
  const result: ClientInstances = { answered_again: 0, on_one_instance: 0 }
  for (let client = 0; client < clients; client++) {
    const counts = answers.map((instance) => instance[client] ?? 0).filter((count) => count > 0)
    if (counts.reduce((sum, count) => sum + count, 0) < 2) continue
    result.answered_again += 1
    if (counts.length === 1) result.on_one_instance += 1
  }
  return result
}
