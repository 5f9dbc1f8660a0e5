import { afterAll, beforeAll } from 'vitest'
import { createLoadGenerator } from './child-process-generator.js'
import { buildChildEntry } from './testing/child-entry.js'
import { loadContract } from './testing/load-contract.js'
import { startTestServer } from './testing/test-server.js'

let child: Awaited<ReturnType<typeof buildChildEntry>>
beforeAll(async () => {
  child = await buildChildEntry()
})
afterAll(() => child.remove())

loadContract('child process', async (behaviour) => {
  const server = await startTestServer(behaviour)
  return {
    generator: createLoadGenerator({ nodeBinary: process.execPath, childEntry: child.childEntry }),
    target: { origin: server.origin, requests: [{ method: 'GET', path: '/', headers: {} }] },
    close: server.close,
  }
})
