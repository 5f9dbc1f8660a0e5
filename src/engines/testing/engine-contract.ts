import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Topology } from '../../core/topology.js'
import type { Stack } from '../port.js'
import { type Contract, type EngineUnderTest, metaOf, realGet, realTakePort } from './contract.js'
import { describeFailingUp } from './failing-up-contract.js'
import { describeRunningStack } from './running-stack-contract.js'

export interface EngineContractOptions {
  makeEngine(): Promise<EngineUnderTest>
  /** testTopology(...) with a program that this engine runs as the test node; asked for after makeEngine. */
  topology(): Topology
  /** Per test, in milliseconds. */
  timeoutMs?: number
  /** Long enough for a started program to have written its first log lines, in milliseconds. */
  shortReadyMs?: number
}

/**
 * The one description of what an engine does. Every engine passes it, so that nothing above the port needs to know
 * which one it has.
 */
export function describeEngineContract(name: string, options: EngineContractOptions): void {
  const timeoutMs = options.timeoutMs ?? 20_000

  describe(`${name} keeps the engine contract`, () => {
    let under: EngineUnderTest
    const stackNames: string[] = []

    beforeAll(async () => {
      under = await options.makeEngine()
    }, timeoutMs)

    afterAll(async () => {
      try {
        // A test that failed half-way must leave nothing either.
        for (const stack of await under.engine.stacks()) {
          if (stackNames.includes(stack.meta.name)) await stack.down()
        }
      } finally {
        await under.cleanup()
      }
    }, timeoutMs)

    const findAgain = async (stackName: string): Promise<Stack | undefined> =>
      (await (await under.again()).stacks()).find((stack) => stack.meta.name === stackName)

    const contract: Contract = {
      timeoutMs,
      shortReadyMs: options.shortReadyMs ?? 1_000,
      makeTopology: options.topology,
      findAgain,

      newName() {
        const stackName = `t-${randomBytes(4).toString('hex')}`
        stackNames.push(stackName)
        return stackName
      },

      up: (stackName, request = {}) =>
        under.engine.up({
          topology: options.topology(),
          meta: metaOf(stackName, under.engine.name),
          publishHost: '127.0.0.1',
          readyTimeoutMs: timeoutMs,
          signal: new AbortController().signal,
          onEvent: () => {},
          ...request,
        }),

      get: (url, getMs = 5_000) => (under.get ?? realGet)(url, getMs),
      takePort: () => (under.takePort ?? realTakePort)(),

      async expectNothingLeft(stackName) {
        expect(await findAgain(stackName)).toBeUndefined()
        expect(await under.leftovers(stackName)).toEqual([])
      },
    }

    describeRunningStack(contract)
    describeFailingUp(contract)
  })
}
