import type { Stack } from '../engines/port.js'
import type { Probe, ProbeContext, Reading } from '../probes/port.js'
import type { Postponed } from './postponed.js'
import { sleep } from './sleep.js'

/**
 * Reads a probe every `intervalMs` until the signal fires; a slow read delays the next, they never overlap. A read that
 * fails is told once and tried again.
 */
export async function readOnSchedule(
  probe: Probe,
  stack: Stack | null,
  { databases = async () => [], shards = async () => [] }: Partial<Pick<ProbeContext, 'databases' | 'shards'>>,
  postponed: Postponed,
  signal: AbortSignal,
  { onReadings, onFailure }: { onReadings: (readings: Reading[]) => void; onFailure: (text: string) => void },
): Promise<void> {
  let told = false
  // Asking an engine looks at every process of the machine.
  const inTurn =
    <T>(ask: () => Promise<T>) =>
    async (): Promise<T> => {
      await postponed.turn()
      return ask()
    }
  const context = {
    nodes: inTurn(async () => (stack === null ? [] : stack.nodes())),
    usage: inTurn(async () => (stack === null ? [] : stack.usage())),
    databases: inTurn(databases),
    shards: inTurn(shards),
    signal,
  }
  while (!signal.aborted) {
    try {
      const readings = await readUntil(probe, context)
      if (!signal.aborted) onReadings(readings)
    } catch (error) {
      if (!told) onFailure(`probe ${probe.name} failed: ${error instanceof Error ? error.message : error}`)
      told = true
    }
    await sleep(probe.intervalMs, signal)
  }
}

/** What a probe reads, or nothing once its signal fires: a read that hangs does not hold up the end of the run. */
function readUntil(probe: Probe, context: ProbeContext): Promise<Reading[]> {
  const { signal } = context
  return new Promise((resolve, reject) => {
    const end = (): void => resolve([])
    signal.addEventListener('abort', end)
    probe
      .read(context)
      .finally(() => signal.removeEventListener('abort', end))
      .then(resolve, reject)
  })
}
