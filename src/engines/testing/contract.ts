import { get as httpGet } from 'node:http'
import { createServer } from 'node:net'
import { LabError } from '../../core/errors.js'
import type { StackMeta } from '../../core/stack.js'
import type { Topology } from '../../core/topology.js'
import type { Engine, Stack, UpRequest } from '../port.js'

/** An engine and the little that the suite cannot know about it. */
export interface EngineUnderTest {
  engine: Engine
  /** Another engine object over the same machine, as a later command would make it. */
  again(): Promise<Engine>
  /** What is still there of the stack, by the engine's own marks (processes, folders, containers, networks). */
  leftovers(stackName: string): Promise<string[]>
  /** An HTTP answer from a node. Rejects when there is none within the time. Real HTTP unless given. */
  get?(url: string, timeoutMs: number): Promise<{ status: number; body: string }>
  /** Makes a port of this machine unavailable until released. A real listener on 127.0.0.1 unless given. */
  takePort?(): Promise<{ port: number; release(): Promise<void> }>
  cleanup(): Promise<void>
}

/** What the parts of the suite work with. */
export interface Contract {
  /** Per test, in milliseconds. */
  timeoutMs: number
  shortReadyMs: number
  makeTopology(): Topology
  /** A name for a stack of this run of the suite. */
  newName(): string
  up(stackName: string, request?: Partial<UpRequest>): Promise<Stack>
  get(url: string, timeoutMs?: number): Promise<{ status: number; body: string }>
  takePort(): Promise<{ port: number; release(): Promise<void> }>
  /** The stack as a later command finds it. */
  findAgain(stackName: string): Promise<Stack | undefined>
  expectNothingLeft(stackName: string): Promise<void>
}

export function metaOf(name: string, engine: StackMeta['engine']): StackMeta {
  return {
    name,
    scenario: 'contract',
    engine,
    createdAt: '2024-05-06T07:08:09.000Z',
    version: '0.0.0-test',
    owner: { pid: 4_000_000, identity: 'boot/12345' },
    parameters: { replicas: 2, weights: [3, 1], app: null },
    notes: ['a note'],
  }
}

/** The LabError that the promise rejects with; anything else fails the test. */
export async function labError(promise: Promise<unknown>): Promise<LabError> {
  const outcome = await promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )
  if (outcome instanceof LabError) return outcome
  throw outcome
}

/** Tries until it passes. What it waits for is certain to come; the limit only turns a hang into a failure. */
export async function eventually(check: () => Promise<void>, limitMs = 8_000): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

export function realGet(url: string, timeout: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    // No pooled connection: a node that was restarted must not answer through an old one.
    const request = httpGet(url, { agent: false, timeout }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error(`no answer from ${url}`)))
    request.on('error', reject)
  })
}

export async function realTakePort(): Promise<{ port: number; release(): Promise<void> }> {
  for (;;) {
    // Below the range of outgoing connections, one of which could otherwise take the port after its release.
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const bound = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (bound) return { port, release: () => new Promise((resolve) => server.close(() => resolve())) }
  }
}
