import { describe, expect, it } from 'vitest'
import { EXIT } from '../../core/errors.js'
import type { Topology } from '../../core/topology.js'
import type { UpEvent } from '../port.js'
import { type Contract, labError } from './contract.js'

/** How `up` fails: with a clear error, and leaving nothing. Published ports belong here, as they are what may be taken. */
export function describeFailingUp(contract: Contract): void {
  const { timeoutMs, shortReadyMs, newName, up, get, takePort, findAgain, makeTopology, expectNothingLeft } = contract
  describe('a stack that fails to come up', { timeout: timeoutMs }, () => {
    it('shows the last log lines of a node that never becomes ready and leaves nothing', async () => {
      const stackName = newName()
      const topology = withEnv(makeTopology(), 'api-2', { MODE: 'never-ready' })
      const error = await labError(up(stackName, { topology, readyTimeoutMs: shortReadyMs }))
      expect(error.exitCode).toBe(EXIT.environment)
      expect(error.message).toContain('api-2')
      expect(error.details).toContain('cannot find my database')
      await expectNothingLeft(stackName)
    })

    it('does not wait for a node that has exited', async () => {
      const stackName = newName()
      const topology = withEnv(makeTopology(), 'api-2', { MODE: 'exit' })
      // Were the exit not seen, the test would time out long before this.
      const error = await labError(up(stackName, { topology, readyTimeoutMs: 10 * timeoutMs }))
      expect(error.exitCode).toBe(EXIT.environment)
      expect(error.message).toContain('api-2')
      expect(error.details).toContain('cannot find my database')
      await expectNothingLeft(stackName)
    })

    it('takes everything back when told to stop half-way', async () => {
      const stackName = newName()
      const controller = new AbortController()
      const reason = new Error('enough')
      const onEvent = (event: UpEvent): void => {
        if (event.kind === 'starting' && event.node === 'entry') controller.abort(reason)
      }
      await expect(up(stackName, { signal: controller.signal, onEvent })).rejects.toBe(reason)
      await expectNothingLeft(stackName)
    })

    it('takes everything back when told to stop while a node does not become ready', async () => {
      const stackName = newName()
      const controller = new AbortController()
      const reason = new Error('enough')
      const topology = withEnv(makeTopology(), 'api-2', { MODE: 'never-ready' })
      const onEvent = (event: UpEvent): void => {
        if (event.kind === 'ready' && event.node === 'api-1') controller.abort(reason)
      }
      await expect(up(stackName, { topology, signal: controller.signal, onEvent })).rejects.toBe(reason)
      await expectNothingLeft(stackName)
    })

    it('starts nothing when told to stop before', async () => {
      const stackName = newName()
      const reason = new Error('enough')
      await expect(up(stackName, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      await expectNothingLeft(stackName)
    })

    it('is found half-made by another command, which can take it down', async () => {
      const stackName = newName()
      const topology = withEnv(makeTopology(), 'api-2', { MODE: 'never-ready' })
      let upping: Promise<string> | undefined
      await new Promise<void>((resolve) => {
        const onEvent = (event: UpEvent): void => {
          if (event.kind === 'ready' && event.node === 'api-1') resolve()
        }
        upping = up(stackName, { topology, onEvent }).then(
          () => 'came up',
          () => 'failed',
        )
      })
      const half = await findAgain(stackName)
      expect(half?.complete).toBe(false)
      expect(half?.meta.name).toBe(stackName)
      expect((await half?.nodes())?.find((node) => node.id === 'api-1')?.state).toBe('running')
      await half?.down()
      expect(await upping).toBe('failed')
      await expectNothingLeft(stackName)
    })

    it('names a published port that is taken', async () => {
      const stackName = newName()
      const taken = await takePort()
      try {
        const error = await labError(up(stackName, { topology: publishing(makeTopology(), taken.port) }))
        expect(error.exitCode).toBe(EXIT.environment)
        expect(error.message).toContain(String(taken.port))
        expect(error.hint).toBeTruthy()
      } finally {
        await taken.release()
      }
      await expectNothingLeft(stackName)
    })

    it('publishes the entry at the port asked for', async () => {
      const stackName = newName()
      const taken = await takePort()
      await taken.release()
      const stack = await up(stackName, { topology: publishing(makeTopology(), taken.port) })
      try {
        const [entry] = await stack.nodes()
        expect(entry?.url).toBe(`http://127.0.0.1:${taken.port}`)
        expect((await get(`${entry?.url}/id`)).body).toBe('entry')
      } finally {
        await stack.down()
      }
      await expectNothingLeft(stackName)
    })
  })
}

function withEnv(topology: Topology, id: string, env: Record<string, string>): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) => (node.id === id ? { ...node, env: { ...node.env, ...env } } : node)),
  }
}

function publishing(topology: Topology, port: number): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) =>
      node.id === topology.entry.node ? { ...node, publish: { [topology.entry.port]: port } } : node,
    ),
  }
}
