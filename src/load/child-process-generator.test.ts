import { spawn } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LabError } from '../core/errors.js'
import type { Load } from '../core/load.js'
import { createLoadGenerator, generatorCount } from './child-process-generator.js'
import type { LoadRequest, LoadResult, LoadTick } from './port.js'
import { SELF_SIGNED } from './testing/certificate.js'
import { buildChildEntry } from './testing/child-entry.js'
import { expectBooksToBalance, loadContract } from './testing/load-contract.js'
import { closeServer, listen, startTestServer } from './testing/test-server.js'

let child: Awaited<ReturnType<typeof buildChildEntry>>
beforeAll(async () => {
  child = await buildChildEntry()
})
afterAll(() => child.remove())

loadContract('child process', async (behaviour) => {
  const server = await startTestServer(behaviour)
  return {
    generator: createLoadGenerator({ nodeBinary: process.execPath, childEntry: child.childEntry }),
    target: { origin: server.origin, requests: [{ method: 'GET', path: '/', headers: [] }] },
    close: server.close,
  }
})

const LOAD: Load = {
  mode: 'open',
  arrival: 'uniform',
  stages: [{ durationMs: 500, rps: 200 }],
  warmupMs: 0,
  connections: 10,
  timeoutMs: 2_000,
  generators: 1,
  clients: 0,
  seed: 1,
  workload: null,
}

function run(
  origin: string,
  load: Partial<Load>,
  rest: Partial<LoadRequest> & { nodeBinary?: string } = {},
): Promise<LoadResult> {
  const { nodeBinary = process.execPath } = rest
  return createLoadGenerator({ nodeBinary, childEntry: child.childEntry }).run({
    load: { ...LOAD, ...load } as Load,
    target: { origin, requests: [{ method: 'GET', path: '/', headers: [] }] },
    signal: new AbortController().signal,
    drainMs: 1_000,
    tickMs: 100,
    onStart: () => {},
    onTick: () => {},
    ...rest,
  })
}

async function labError(promise: Promise<unknown>): Promise<LabError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof LabError)) throw new Error(`not a LabError: ${error}`)
  return error
}

/** Processes that run this program, by what the kernel says of their command lines (Linux; none elsewhere). */
function processesRunning(program: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(program)
      } catch {
        return false
      }
    })
    .map(Number)
}

async function eventually(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5_000
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come to pass within 5 s')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A program that stands in for node and runs it with something changed. */
function nodeThrough(name: string, shell: string): string {
  const path = join(dirname(child.childEntry), name)
  writeFileSync(path, `#!/bin/sh\n${shell}\n`)
  chmodSync(path, 0o755)
  return path
}

describe('child process generator', () => {
  it('spreads simulated clients exactly, over all generators together', async () => {
    const perClient = new Map<string, number>()
    const server = createHttpServer((request, response) => {
      const client = String(request.headers['x-forwarded-for'])
      perClient.set(client, (perClient.get(client) ?? 0) + 1)
      response.end('ok')
    })
    const origin = await listen(server)
    const { ledger } = await run(origin, { stages: [{ durationMs: 500, rps: 500 }], clients: 25, generators: 2 })
    await closeServer(server)
    expect(ledger).toMatchObject({ due: 250, ok: 250 })
    expect(perClient.size).toBe(25)
    expect(new Set(perClient.values())).toEqual(new Set([10]))
    expect([...perClient.keys()]).toContain('10.0.24.1')
  })

  it('gives up within about 2 s, with exit code 4, when nothing listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const before = performance.now()
    const error = await labError(run(`http://127.0.0.1:${port}`, {}))
    expect(error.exitCode).toBe(4)
    expect(error.message).toContain(`http://127.0.0.1:${port}`)
    expect(error.message).toContain('ECONNREFUSED')
    expect(performance.now() - before).toBeLessThan(6_000)
    expect(processesRunning(child.childEntry)).toEqual([])
  })

  it('fails with exit code 3 and a hint when there are too few file descriptors', async () => {
    const server = await startTestServer({ serviceMs: 0, statuses: [200], instances: ['a'] })
    const nodeBinary = nodeThrough('few-descriptors', `ulimit -n 100; exec ${process.execPath} "$@"`)
    const error = await labError(run(server.origin, { connections: 500 }, { nodeBinary }))
    await server.close()
    expect(error.exitCode).toBe(3)
    expect(error.message).toContain('500 connections')
    expect(error.hint).toContain('ulimit -n 1024')
  })

  it('fails with exit code 4 and the last lines of a generator that dies', async () => {
    const server = await startTestServer({ serviceMs: 0, statuses: [200], instances: ['a'] })
    const dead = nodeThrough('dies-at-once', 'echo "cannot run: no memory" >&2; exit 7')
    const error = await labError(run(server.origin, {}, { nodeBinary: dead }))
    expect(error.exitCode).toBe(4)
    expect(error.message).toContain('exit code 7')
    expect(error.details).toEqual(['cannot run: no memory'])

    if (process.platform !== 'linux') return
    const killed = run(
      server.origin,
      { stages: [{ durationMs: 60_000, rps: 10 }], generators: 2 },
      {
        onTick: () => {
          for (const pid of processesRunning(child.childEntry)) process.kill(pid, 'SIGKILL')
        },
      },
    )
    expect((await labError(killed)).message).toContain('SIGKILL')
    await server.close()
    expect(processesRunning(child.childEntry)).toEqual([])
  })

  it('says so when the program cannot be started at all', async () => {
    const error = await labError(run('http://127.0.0.1:9', {}, { nodeBinary: '/nonexistent/node' }))
    expect(error.exitCode).toBe(4)
    expect(error.message).toContain('ENOENT')
  })

  it('stops at once when it was stopped before it began', async () => {
    const server = await startTestServer({ serviceMs: 1, statuses: [200], instances: ['a'] })
    const result = await run(
      server.origin,
      { stages: [{ durationMs: 60_000, rps: 100 }], warmupMs: 5_000 },
      { signal: AbortSignal.abort() },
    )
    await server.close()
    expect(result).toMatchObject({ complete: false, measuredMs: 0, achievedRps: 0, ledger: { due: 0 } })
  })

  it('goes on after an outage: what was in flight is lost once each, what was due waits', async () => {
    let [answered, unanswered] = [0, 0]
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', () => {
        if (answered < 100 || unanswered === 10) {
          answered += 1
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
          return
        }
        unanswered += 1
        // All ten connections wait for an answer, so that no request is on its way when they end.
        if (unanswered === 10) setImmediate(strike)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    let back: NodeJS.Timeout | undefined
    const strike = (): void => {
      server.close()
      for (const socket of sockets.splice(0)) socket.resetAndDestroy()
      back = setTimeout(() => server.listen(port, '127.0.0.1'), 500)
    }
    const ticks: Parameters<LoadRequest['onTick']>[0][] = []
    const result = await run(
      `http://127.0.0.1:${port}`,
      { stages: [{ durationMs: 3_000, rps: 200 }] },
      { onTick: (tick) => ticks.push(tick), drainMs: 2_000 },
    )
    clearTimeout(back)
    for (const socket of sockets) socket.destroy()
    server.close()
    expectBooksToBalance(result, ticks)
    expect(result.ledger).toEqual({ due: 600, sent: 600, ok: 590, http_error: 0, lost: 10, unfinished: 0 })
    expect(unanswered).toBe(10)
    expect(result.losses).toEqual({ reset: 10 })
  })

  it('drains when it is stopped, and in a hurry waits for nothing', async () => {
    const server = await startTestServer({ serviceMs: 60_000, statuses: [200], instances: ['a'] })
    const [ending, hurrying] = [new AbortController(), new AbortController()]
    const result = await run(
      server.origin,
      { stages: [{ durationMs: 60_000, rps: 50 }], timeoutMs: 50_000 },
      {
        signal: ending.signal,
        hurry: hurrying.signal,
        drainMs: 50_000,
        onTick({ phase, sent }) {
          if (phase === 'draining') hurrying.abort()
          else if (sent > 0) ending.abort()
        },
      },
    )
    await server.close()
    expect(result.complete).toBe(false)
    expect(result.ledger).toMatchObject({ ok: 0, lost: 0 })
    expect(result.ledger.unfinished).toBeGreaterThan(0)
  })

  it.runIf(process.platform === 'linux')('ends with the command, even when that is killed', async () => {
    const server = await startTestServer({ serviceMs: 1, statuses: [200], instances: ['a'] })
    // A command of its own, so that it can be killed.
    const command = join(dirname(child.childEntry), 'command.mjs')
    await build({
      stdin: {
        contents: `import { createLoadGenerator } from './child-process-generator.ts'
          createLoadGenerator({ nodeBinary: process.execPath, childEntry: process.argv[2] }).run({
            ...JSON.parse(process.argv[3]), signal: new AbortController().signal,
            onStart: () => console.log('started'), onTick: () => {},
          })`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      outfile: command,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
    })
    const request = {
      load: { ...LOAD, stages: [{ durationMs: 60_000, rps: 100 }], generators: 2 },
      target: { origin: server.origin, requests: [{ method: 'GET', path: '/', headers: [] }] },
      drainMs: 1_000,
      tickMs: 100,
    }
    const parent = spawn(process.execPath, [command, child.childEntry, JSON.stringify(request)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => parent.stdout.once('data', resolve))
    // The command's own line names the program as well.
    expect(processesRunning(child.childEntry)).toHaveLength(3)
    parent.kill('SIGKILL')
    await eventually(() => processesRunning(child.childEntry).length === 0)
    await server.close()
  })
})

describe('generatorCount', () => {
  const open = (rps: number, generators: Load['generators'] = 'auto', connections = 100): Load => ({
    ...LOAD,
    mode: 'open',
    arrival: 'uniform',
    stages: [
      { durationMs: 1_000, rps: 10 },
      { durationMs: 1_000, rps },
    ],
    generators,
    connections,
  })
  it.each<[string, Load, number, number]>([
    ['a low rate takes one', open(1_500), 8, 1],
    ['one holds 10,000/s', open(10_000), 8, 1],
    ['the highest stage counts', open(30_000), 8, 3],
    ['no more than there are cores', open(200_000), 4, 4],
    ['even on one core there is one', open(40_000), 1, 1],
    ['as many as asked for', open(100, 5), 2, 5],
    ['never more than connections', open(100, 5, 2), 8, 2],
    ['a closed loop takes one', { ...LOAD, mode: 'closed', durationMs: 1, generators: 'auto' } as Load, 8, 1],
    ['no rate at all', open(0), 8, 1],
  ])('%s', (_name, load, cores, count) => {
    expect(generatorCount(load, cores)).toBe(count)
  })

  it('goes by what one was measured to drive', () => {
    expect(generatorCount(open(30_000), 8, 20_000)).toBe(2)
  })
})

describe('over TLS', () => {
  const over = async (insecure: boolean): Promise<LoadResult> => {
    const server = createHttpsServer(SELF_SIGNED, (_, response) => response.end('x'))
    const origin = (await listen(server)).replace('http:', 'https:')
    const target = { origin, insecure, requests: [{ method: 'GET', path: '/', headers: [] }] }
    return run(origin, {}, { target }).finally(() => closeServer(server))
  }

  it('names the fault of a certificate, and takes it all the same where that is wished', async () => {
    const error = await labError(over(false))
    expect(error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(error.hint).toContain('--insecure')
    expect((await over(true)).ledger).toMatchObject({ ok: 100, http_error: 0, lost: 0 })
  })
})

describe('errors', () => {
  it('are kept in the words of those who answer, by status, and crossed over', async () => {
    const server = createHttpServer((_, response) => {
      response.writeHead(401, { 'Content-Type': 'text/plain' }).end('who are you?')
    })
    const origin = await listen(server)
    const seen: LoadTick['errors'][] = []
    const result = await run(origin, {}, { onTick: ({ errors }) => seen.push(errors) })
    await closeServer(server)
    const expected = { contentType: 'text/plain', body: Buffer.from('who are you?'), more: false }
    expect(result.errors).toEqual({ 401: expected })
    expect(seen.filter((errors) => 401 in errors)).toEqual([{ 401: expected }])
  })
})
