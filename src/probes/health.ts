import { get } from 'node:http'
import type { Probe, Reading } from './port.js'

/** A node that takes longer is as good as down for those who ask. */
const TIMEOUT_MS = 900

/**
 * Asks every API node's /health, past the balancer: `node.health` is 1 (answers 2xx), 0.5 (answers, but 503:
 * overloaded or draining) or 0 (no answer). Nodes without a /health page (404) give no reading.
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
          if (status === 404) return []
          const value = status === null ? 0 : status < 300 ? 1 : 0.5
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
