import { usageError } from '../../core/errors.js'
import type { EngineName } from '../../core/stack.js'
import type { Availability, Engine, UpRequest } from '../port.js'
import { startAll } from '../start-all.js'
import { type FakeMachine, type FakeStackState, fakeMachine } from './fake-machine.js'
import { FakeStack } from './stack.js'

export interface FakeEngineOptions {
  /** One of its own unless given; engines that share one see each other's stacks. */
  machine?: FakeMachine
  /** To stand for another engine. */
  name?: EngineName
  availability?: Availability
  limitations?: string[]
}

/** An engine that runs nothing, for tests of what stands on engines: it keeps the contract in virtual time. */
export function createFakeEngine(options: FakeEngineOptions = {}): Engine & { readonly machine: FakeMachine } {
  const { name = 'fake', machine = fakeMachine(), limitations = [] } = options
  return {
    name,
    machine,

    async available(): Promise<Availability> {
      return options.availability ?? { ok: true, version: 'fake 1.0.0' }
    },

    limitations: () => [...limitations],

    async up(request: UpRequest): Promise<FakeStack> {
      const { topology, meta, signal, onEvent } = request
      signal.throwIfAborted()
      if (machine.stacks.has(meta.name)) throw usageError(`there is a stack named ${meta.name} already`)
      const { publishHost, readyTimeoutMs } = request
      const state: FakeStackState = { meta, topology, complete: false, publishHost, readyTimeoutMs, nodes: new Map() }
      machine.stacks.set(meta.name, state)
      const stack = new FakeStack(machine, meta, true)
      const begun = machine.clock.now()
      try {
        const nodes = new Map(topology.nodes.map((spec) => [spec.id, stack.make(state, spec)]))
        await startAll(
          topology.nodes,
          async (spec, either) => {
            const node = nodes.get(spec.id)
            if (node === undefined) throw new Error(`${spec.id} was not made`)
            const began = machine.clock.now()
            onEvent({ kind: 'starting', node: spec.id })
            await stack.run(state, node, either)
            onEvent({ kind: 'ready', node: spec.id, ms: machine.clock.now() - began })
          },
          signal,
        )
        state.complete = true
        state.meta = { ...meta, readyMs: machine.clock.now() - begun }
        return new FakeStack(machine, state.meta, true)
      } catch (error) {
        stack.discard()
        throw error
      }
    },

    async stacks(): Promise<FakeStack[]> {
      return [...machine.stacks.values()]
        .filter(({ meta }) => meta.engine === name)
        .map(({ meta, complete }) => new FakeStack(machine, meta, complete))
    },
  }
}
