import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Engine } from '../port.js'
import { describeEngineContract } from '../testing/engine-contract.js'
import { TEST_NODE_SOURCE, testTopology } from '../testing/test-node.js'
import { createDockerEngine } from './engine.js'
import { findAll } from './inventory.js'
import { LABEL } from './labels.js'
import { client, host, images, testSecret, whyNoDocker } from './testing/daemon.js'

const missing = await whyNoDocker()

describe.skipIf(missing !== null)(`the Docker engine${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let nodesDir: string
  const engine = (): Engine =>
    createDockerEngine({ dockerHost: host, home: `test-${process.pid}`, images, nodesDir, secret: testSecret })

  beforeAll(async () => {
    nodesDir = await mkdtemp(join(tmpdir(), 'scalelab-nodes-'))
    await writeFile(join(nodesDir, 'api.mjs'), TEST_NODE_SOURCE)
  })
  afterAll(() => rm(nodesDir, { recursive: true, force: true }))

  describeEngineContract('docker', {
    makeEngine: async () => ({
      engine: engine(),
      again: async () => engine(),
      leftovers: async (stackName) => {
        const { containers, networks, markers } = await findAll(client.docker, `${LABEL.stack}=${stackName}`)
        return [...containers.flatMap(({ Names }) => Names), ...[...networks, ...markers].map(({ Name }) => Name)]
      },
      cleanup: async () => {},
    }),
    topology: () => testTopology({ kind: 'bundle', bundle: 'api' }),
    timeoutMs: 30_000,
    shortReadyMs: 2_000,
  })
})
