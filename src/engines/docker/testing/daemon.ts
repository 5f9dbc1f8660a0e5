import { homedir } from 'node:os'
import type { StackMeta } from '../../../core/stack.js'
import { DEFAULT_IMAGES } from '../../../parts/registry.js'
import { connectDocker } from '../client.js'
import { findDockerHost } from '../host.js'
import { hasImage } from '../images.js'

/** The daemon and images that tests use: those of the environment, as for the command line. */
export const host = findDockerHost({ dockerHost: process.env.DOCKER_HOST, home: homedir() })
export const client = connectDocker(host)
export const images = Object.fromEntries(
  Object.entries(DEFAULT_IMAGES).map(([name, image]) => [
    name,
    process.env[`SCALELAB_IMAGE_${name.toUpperCase()}`] ?? image,
  ]),
)

/**
 * Why tests on Docker cannot run here, null when they can: they pull nothing.
 * @throws Error instead of giving a reason where SCALELAB_REQUIRE=1, as in CI
 */
export async function whyNoDocker(): Promise<string | null> {
  const why = await whyNot()
  if (why !== null && process.env.SCALELAB_REQUIRE === '1') throw new Error(`SCALELAB_REQUIRE=1, and ${why}`)
  return why
}

async function whyNot(): Promise<string | null> {
  try {
    for (const image of Object.values(images)) {
      if (!(await hasImage(client.docker, image))) return `the Docker daemon has no image ${image}`
    }
    return null
  } catch {
    return `no Docker daemon answers at ${host}`
  }
}

/** A password that needs no escaping anywhere. */
export const testSecret = (role: string): string => `secret-of-${role}`

export function testMeta(name: string): StackMeta {
  return {
    name,
    scenario: 'test',
    engine: 'docker',
    createdAt: '2026-01-02T03:04:05.000Z',
    version: '0.0.0-test',
    owner: 'kept',
    parameters: {},
    notes: [],
  }
}
