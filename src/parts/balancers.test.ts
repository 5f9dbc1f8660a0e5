import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type StackParametersInput, stackParametersSchema } from '../core/parameters.js'
import { nodeOf, type Topology } from '../core/topology.js'
import { createDockerEngine } from '../engines/docker/engine.js'
import { findAll, isEmpty, removeAll } from '../engines/docker/inventory.js'
import { LABEL } from '../engines/docker/labels.js'
import { client, host, images, testSecret, whyNoDocker } from '../engines/docker/testing/daemon.js'
import type { Engine, Stack } from '../engines/port.js'
import { type TestMachine, testMachine, upRequest } from '../engines/process/testing/test-machine.js'
import { topologyOf } from '../topologies/topology.js'
import type { BalancerPart } from './port.js'
import { BALANCERS } from './registry.js'

// What every balancer does on every engine, by real requests to the sample API.

const required = process.env.SCALELAB_REQUIRE === '1'
const NODES = join(import.meta.dirname, '..', '..', 'dist', 'nodes')
const noDocker = await whyNoDocker()

let machine: TestMachine
let nodesDir: string
beforeAll(async () => {
  machine = await testMachine()
  nodesDir = await mkdtemp(join(tmpdir(), 'scalelab-nodes-'))
  for (const folder of [machine.nodesDir, nodesDir]) await cp(NODES, folder, { recursive: true })
})
afterAll(async () => {
  await machine.cleanup()
  await rm(nodesDir, { recursive: true, force: true })
})

function made(balancer: BalancerPart, change: Partial<StackParametersInput> = {}): Topology {
  const parameters = { kind: 'balanced' as const, replicas: 3, work: { kind: 'none' as const }, ...change }
  return topologyOf(stackParametersSchema.parse({ ...parameters, balancer: balancer.name }))
}

async function instanceOf(entry: string, client?: string): Promise<string> {
  const headers = client === undefined ? {} : { 'x-forwarded-for': client }
  const response = await fetch(`${entry}/api/products`, { headers, signal: AbortSignal.timeout(5_000) })
  await response.arrayBuffer()
  return response.ok ? (response.headers.get('x-instance-id') ?? 'nobody') : `status ${response.status}`
}

/** How many of `requests`, one after the other, each instance answered. */
async function answers(entry: string, requests: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < requests; i++) {
    const id = await instanceOf(entry)
    counts[id] = (counts[id] ?? 0) + 1
  }
  return counts
}

async function balances(engine: Engine, balancer: BalancerPart, name: string): Promise<void> {
  const request = upRequest(name, made(balancer))
  const stack = await engine.up({ ...request, meta: { ...request.meta, engine: engine.name } })
  try {
    const entry = (await stack.nodes())[0]?.url ?? ''
    const even = { 'api-1': 20, 'api-2': 20, 'api-3': 20 }
    expect(await answers(entry, 60)).toEqual(even)
    if (balancer.program.kind === 'installed') {
      expect((await stack.software())[balancer.program.name]).toMatch(/^\d+\.\d+/)
    }

    await told(stack, made(balancer, { strategy: 'weighted', weights: [3, 1, 1] }))
    // A worker of the old configuration may take the first ones.
    await expect.poll(() => answers(entry, 50), { timeout: 20_000 }).toEqual({ 'api-1': 30, 'api-2': 10, 'api-3': 10 })

    await told(stack, made(balancer, { strategy: 'ip-hash' }))
    const clients = Array.from({ length: 40 }, (_, i) => `10.0.${i}.7`)
    const homes = async (): Promise<string[]> => {
      const found: string[] = []
      for (const address of clients) found.push(await instanceOf(entry, address))
      return found
    }
    await expect
      .poll(
        async () => {
          const [first, again] = [await homes(), await homes()]
          return { sticky: first.join() === again.join(), used: new Set(first).size }
        },
        { timeout: 20_000 },
      )
      .toEqual({ sticky: true, used: 3 })

    await told(stack, made(balancer, { strategy: 'least-conn' }))
    await expect
      .poll(async () => Object.keys(await answers(entry, 60)).sort(), { timeout: 20_000 })
      .toEqual(Object.keys(even))

    await stack.kill('api-2')
    await expect
      .poll(async () => Object.keys(await answers(entry, 30)).sort(), { timeout: 20_000 })
      .toEqual(['api-1', 'api-3'])
    await stack.restart('api-2')
    await expect.poll(() => answers(entry, 30), { timeout: 30_000, interval: 500 }).toHaveProperty('api-2')
  } finally {
    await stack.down()
  }
}

/** Tells the balancer of a stack to be the one of another topology. */
async function told(stack: Stack, topology: Topology): Promise<void> {
  await stack.reload(nodeOf(topology, topology.entry.node))
}

describe.each(BALANCERS)('$name balances, heeds what it is told and leaves out who is gone', (balancer) => {
  it('on processes', { timeout: 120_000 }, async ({ skip }) => {
    const engine = machine.engine()
    const ready = await engine.available(made(balancer), new AbortController().signal)
    if (!ready.ok && !required) skip(ready.reason)
    await balances(engine, balancer, `all-${balancer.name}`)
    expect(await machine.leftovers(`all-${balancer.name}`)).toEqual([])
  })

  it.skipIf(noDocker !== null)('on Docker', { timeout: 120_000 }, async ({ onTestFinished }) => {
    const name = `all-${balancer.name}-${process.pid}`
    onTestFinished(() => removeAll(client.docker, `${LABEL.stack}=${name}`))
    const home = `test-balancers-${process.pid}`
    const engine = createDockerEngine({ home, dockerHost: host, images, nodesDir, secret: testSecret })
    await balances(engine, balancer, name)
    expect(isEmpty(await findAll(client.docker, `${LABEL.stack}=${name}`))).toBe(true)
  })
})
