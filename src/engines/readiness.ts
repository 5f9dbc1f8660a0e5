import { get } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentError, type LabError } from '../core/errors.js'
import type { Readiness } from '../core/topology.js'
import { formatDuration } from '../core/units.js'

/** Pause between two tries, in milliseconds. A server may start a process for each connection, as PostgreSQL does. */
const INTERVAL_MS = { http: 15, tcp: 40 }
/** A try with no answer after this long is given up, in milliseconds: a program may accept before it answers. */
const TRY_MS = 1_000

export type ReadyOutcome =
  | { ready: true }
  /** `why` is a clause that follows the node's name. */
  | { ready: false; why: string }

/**
 * Asks a node until it is ready.
 * @param url origin of the readiness port, "http://127.0.0.1:20341"; for other protocols of the same form
 * @param ended settles when the node has ended, with how ("exit code 7"); never settles otherwise
 * @throws the abort reason when the signal fires
 */
export async function untilReady(
  url: string,
  readiness: Readiness,
  options: { timeoutMs: number; signal: AbortSignal; ended: Promise<string> },
): Promise<ReadyOutcome> {
  const deadline = performance.now() + options.timeoutMs
  let over: ReadyOutcome | undefined
  const stop = new AbortController()
  const ended = options.ended.then((how) => {
    over = { ready: false, why: `ended before it was ready (${how})` }
    stop.abort()
  })
  const signal = AbortSignal.any([options.signal, stop.signal])
  while (over === undefined) {
    options.signal.throwIfAborted()
    const left = deadline - performance.now()
    if (left <= 0) return { ready: false, why: `did not become ready within ${formatDuration(options.timeoutMs)}` }
    if (await answers(url, readiness, Math.min(TRY_MS, left), signal)) {
      // Whoever answered: a node that has ended in the meantime (its port was taken, say) is not ready.
      await Promise.race([ended, sleep(0)])
      over ??= { ready: true }
    } else {
      await sleep(INTERVAL_MS[readiness.protocol], undefined, { signal }).catch(() => undefined)
    }
  }
  options.signal.throwIfAborted()
  return over
}

/** One try, on a connection of its own. Never rejects. */
export function answers(url: string, readiness: Readiness, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  if (readiness.protocol === 'tcp') {
    const { hostname, port } = new URL(url)
    return tcpAnswers(hostname.replace(/^\[(.*)\]$/, '$1'), Number(port), readiness, timeoutMs, signal)
  }
  return httpAnswers(`${url}${readiness.path}`, readiness.accept, timeoutMs, signal)
}

function httpAnswers(url: string, accept: 'ok' | 'answers', timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs, signal }, (response) => {
      const status = response.statusCode ?? 0
      // The body is of no interest, and may have no end.
      response.on('error', () => undefined)
      response.destroy()
      resolve(accept === 'ok' ? status >= 200 && status < 300 : status < 500)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}

/** What is said is answered as it should be; a server that is still starting would answer something else. */
function tcpAnswers(
  host: string,
  port: number,
  { say, hear }: { say: string; hear: string },
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const expected = Buffer.from(hear, 'hex')
    const socket = connect({ host, port, timeout: timeoutMs })
    let heard = Buffer.alloc(0)
    const end = (ready: boolean): void => {
      signal.removeEventListener('abort', stop)
      socket.destroy()
      resolve(ready)
    }
    // Not as an option of connect, which leaves its listener behind at every try.
    const stop = (): void => end(false)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
    socket.on('connect', () => socket.write(Buffer.from(say, 'hex')))
    socket.on('data', (answer) => {
      heard = Buffer.concat([heard, answer])
      if (heard.length >= expected.length) end(heard.subarray(0, expected.length).equals(expected))
    })
    for (const event of ['timeout', 'error', 'end', 'close']) socket.on(event, () => end(false))
  })
}

/** The error for a node that did not become ready, with the last lines it wrote. */
export function notReadyError(node: string, why: string, lastLines: readonly string[]): LabError {
  return environmentError(
    `${node} ${why}`,
    lastLines.length === 0
      ? 'It wrote nothing to its log. Does it listen on the host and port that it was given?'
      : 'See the last lines of its log for the cause. If it is only slow: --ready-timeout',
    lastLines,
  )
}
