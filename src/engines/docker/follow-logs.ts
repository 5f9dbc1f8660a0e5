import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import { statusOf } from './errors.js'
import { LogLines } from './log-lines.js'

const LOOK_MS = 200

/** Lines that a container writes from now on, over its restarts, until the signal fires or it is removed. */
export async function* followLogs(docker: Docker, id: string, signal: AbortSignal): AsyncGenerator<string> {
  const container = docker.getContainer(id)
  let from: { tail: number } | { since: string } = { tail: 0 }
  while (!signal.aborted) {
    const stream = await container.logs({ follow: true, stdout: true, stderr: true, ...from })
    if (!(stream instanceof Readable)) throw new Error('the daemon answered a request for logs with no stream')
    yield* linesOf(stream, signal)
    // The stream ends with the container's run; the next run may have begun already.
    for (;;) {
      if (signal.aborted) return
      const state = await container.inspect().then(
        (info) => info.State,
        (error: unknown) => {
          if (statusOf(error) === 404) return null
          throw error
        },
      )
      if (state === null) return
      from = { since: secondsOf(state.FinishedAt) }
      if (state.Running) break
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function* linesOf(stream: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const lines = new LogLines()
  const stop = (): void => void stream.destroy()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    for await (const chunk of stream) {
      for (const line of lines.push(chunk as Buffer)) {
        if (signal.aborted) return
        yield line
      }
    }
    yield* lines.end()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

/** "2026-01-02T03:04:05.006007008Z" as "1767323045.006007008", the form that the logs API takes, to the nanosecond. */
export function secondsOf(time: string): string {
  const [, whole = '', fraction = '0'] = /^(.*?)(?:\.(\d+))?Z$/.exec(time) ?? []
  const seconds = Date.parse(`${whole}Z`) / 1_000
  return Number.isFinite(seconds) && seconds > 0 ? `${seconds}.${fraction.padEnd(9, '0')}` : '0'
}
