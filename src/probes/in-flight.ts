import { get } from 'node:http'
import type { NodeStatus } from '../core/stack.js'

/** A node that takes longer has more to do than to say how much. */
const TIMEOUT_MS = 900

/**
 * How many requests the API nodes have accepted and not yet answered, asked past the balancer, over all of them; null
 * where one does not say (an own application, a node that is down).
 */
export async function requestsInFlight(nodes: readonly NodeStatus[], signal: AbortSignal): Promise<number | null> {
  const apis = nodes.filter(({ role }) => role === 'api')
  const counts = await Promise.all(apis.map(({ url }) => (url === null ? null : inFlightAt(`${url}/health`, signal))))
  const known = counts.filter((count) => count !== null)
  return known.length < counts.length || known.length === 0 ? null : known.reduce((sum, count) => sum + count, 0)
}

function inFlightAt(url: string, signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: TIMEOUT_MS, signal }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more
      })
      response.on('end', () => resolve(countIn(text)))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
    request.on('close', () => resolve(null))
  })
}

function countIn(text: string): number | null {
  try {
    const body: unknown = JSON.parse(text)
    const count = typeof body === 'object' && body !== null && 'in_flight' in body ? body.in_flight : null
    return typeof count === 'number' ? count : null
  } catch {
    return null
  }
}
