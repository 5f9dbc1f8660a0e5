import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeStatus } from '../../core/stack.js'

/** How long a balancer may take to use a new list of servers, in milliseconds: longer than it avoids one that failed. */
const TAKES_MS = 12_000
/** How long one request may take, in milliseconds. */
const REQUEST_MS = 1_000
/** Between two rounds, in milliseconds. */
const PAUSE_MS = 100
/** Requests of one round for every instance: a strategy that chooses by the client may choose the same several times. */
const ROUND = 6

/** What the requests of the last round through a balancer showed. */
export interface Reached {
  /** Instances that should get requests, and got none so far. */
  missing: string[]
  /** Instances that should get none any more, and got some in the last round. */
  left: string[]
}

/**
 * Sends requests through the entry of a stack until every one of `wanted` has got some and none of `unwanted` gets any, or
 * until its time is up. The balancer itself tells who answered (X-Upstream).
 */
export async function requestsReach(
  entry: string,
  wanted: readonly NodeStatus[],
  unwanted: readonly NodeStatus[],
): Promise<Reached> {
  const seen = new Set<string>()
  const deadline = performance.now() + TAKES_MS
  for (let client = 0; ; ) {
    const round = Array.from({ length: ROUND * (wanted.length + unwanted.length + 1) }, () =>
      answeredBy(entry, client++),
    )
    const addresses = new Set((await Promise.all(round)).flat())
    for (const address of addresses) seen.add(address)
    const missing = wanted.filter((node) => !node.internalAddresses.some((address) => seen.has(address)))
    const left = unwanted.filter((node) => node.internalAddresses.some((address) => addresses.has(address)))
    if ((missing.length === 0 && left.length === 0) || performance.now() > deadline) {
      return { missing: missing.map(({ id }) => id), left: left.map(({ id }) => id) }
    }
    await sleep(PAUSE_MS)
  }
}

/** The addresses of those whom the balancer asked, on a connection of its own; none when nobody answered. Never rejects. */
function answeredBy(entry: string, client: number): Promise<string[]> {
  // Of another network every time: a strategy may keep a client, or its network, on one server.
  const address = `10.${(client >> 8) & 255}.${client & 255}.1`
  return new Promise((resolve) => {
    const headers = { 'X-Forwarded-For': address }
    const request = get(`${entry}/live`, { agent: false, timeout: REQUEST_MS, headers }, (response) => {
      const upstream = response.headers['x-upstream']
      response.on('error', () => undefined)
      response.destroy()
      // Several where the first did not accept.
      resolve(String(upstream ?? '').split(/, */))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve([]))
    request.on('close', () => resolve([]))
  })
}
