import { get } from 'node:http'
import type { Probe, Reading } from './port.js'

/** A node that takes longer is as good as down for those who ask. */
const TIMEOUT_MS = 900
/** Too Many Requests and Service Unavailable. */
const OVERLOADED: readonly number[] = [429, 503]

/**
 * Asks every API node's /health, past the balancer: `node.health` is 1 (answers 2xx), 0.5 (answers, but 503:
 * overloaded or draining) or 0 (no answer). Any other answer (404, 401) is that of no /health page, and gives no reading.
 */
export function healthProbe(intervalMs = 1_000): Probe {
  return {
    name: 'health',
    intervalMs,
    async read({ nodes, signal }) {
      const apis = (await nodes().catch(() => [])).filter((node) => node.role === 'api')
      const readings = await Promise.all(
        apis.map(async ({ id, url }): Promise<Reading[]> => {
          const status = url === null ? null : await statusOf(`${url}/health`, signal)
          const value = status === null ? 0 : status < 300 ? 1 : OVERLOADED.includes(status) ? 0.5 : null
          if (value === null) return []
          return [{ kind: 'node.health', node: id, value, unit: '' }]
        }),
      )
      return readings.flat()
    },
  }
}

function statusOf(url: string, signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    // No agent: a kept connection would hide that the node no longer accepts new ones.
    const request = get(url, { agent: false, timeout: TIMEOUT_MS, signal }, (response) => {
      response.resume()
      resolve(response.statusCode ?? null)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
}
