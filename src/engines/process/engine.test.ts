import { describeEngineContract } from '../testing/engine-contract.js'
import { testTopology } from '../testing/test-node.js'
import { testMachine } from './testing/test-machine.js'

describeEngineContract('the process engine', {
  topology: () => testTopology({ kind: 'bundle', bundle: 'api' }),
  async makeEngine() {
    const machine = await testMachine()
    return {
      engine: machine.engine(),
      again: async () => machine.engine(),
      leftovers: machine.leftovers,
      cleanup: machine.cleanup,
    }
  },
})
