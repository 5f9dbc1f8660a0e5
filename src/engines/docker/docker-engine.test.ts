import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../port.js'
import { describeEngineContract } from '../testing/engine-contract.js'
import { TEST_NODE_SOURCE, testTopology } from '../testing/test-node.js'
import { connectDocker } from './client.js'
import { createDockerEngine } from './engine.js'
import { findDockerHost } from './host.js'
import { DEFAULT_IMAGES, hasImage } from './images.js'
import { findAll } from './inventory.js'
import { LABEL } from './labels.js'

const images = {
  node: process.env.SCALELAB_IMAGE_NODE ?? DEFAULT_IMAGES.node,
  nginx: process.env.SCALELAB_IMAGE_NGINX ?? DEFAULT_IMAGES.nginx,
}
const host = findDockerHost({ dockerHost: process.env.DOCKER_HOST, home: homedir() })
const client = connectDocker(host)
const missing = await whyNotHere()
const required = process.env.SCALELAB_REQUIRE === '1'
if (missing !== null && required) throw new Error(`SCALELAB_REQUIRE=1, and ${missing}`)

async function whyNotHere(): Promise<string | null> {
  try {
    for (const image of Object.values(images)) {
      if (!(await hasImage(client.docker, image))) return `the Docker daemon has no image ${image}`
    }
    return null
  } catch {
    return `no Docker daemon answers at ${host}`
  }
}

const topology = () => testTopology({ kind: 'bundle', bundle: 'api' })

describe.skipIf(missing !== null)(`the Docker engine${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let nodesDir: string
  const engine = (): Engine => createDockerEngine({ dockerHost: host, images, nodesDir })

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
    topology,
    timeoutMs: 30_000,
    shortReadyMs: 2_000,
  })

  it('is available', async () => {
    const availability = await engine().available(topology(), new AbortController().signal)
    expect(availability).toMatchObject({ ok: true, version: expect.stringMatching(/^\d+\.\d+/) })
  })
})
