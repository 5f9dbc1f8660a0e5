import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { DATABASE_ROLES } from '../core/databases-file.js'
import { environmentError, type LabError } from '../core/errors.js'
import type { Readiness } from '../core/topology.js'
import { formatDuration } from '../core/units.js'
import { postgresAnswers } from './postgres-readiness.js'

/** Pause between two tries, in milliseconds. PostgreSQL starts a process for each. */
const INTERVAL_MS = { http: 15, postgres: 40 }
/** A try with no answer after this long is given up, in milliseconds: a program may accept before it answers. */
const TRY_MS = 1_000

export type ReadyOutcome =
  | { ready: true }
  /** `why` is a clause that follows the node's name. */
  | { ready: false; why: string }

/**
 * Asks a node until it is ready.
 * @param url origin of the readiness port, "http://127.0.0.1:20341"; for PostgreSQL of the same form with its own scheme
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
  if (readiness.protocol === 'postgres') {
    const { hostname, port } = new URL(url)
    return postgresAnswers(hostname, Number(port), DATABASE_ROLES.admin, timeoutMs, signal)
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
