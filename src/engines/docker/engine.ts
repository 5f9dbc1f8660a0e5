import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { serverOf, type Topology } from '../../core/topology.js'
import type { Availability, Engine, Stack, UpRequest } from '../port.js'
import { connectDocker } from './client.js'
import { explain, explained, NO_DAEMON_HINT, noDaemon } from './errors.js'
import { findDockerHost } from './host.js'
import { hasImage, type Images, imageHint, neededImages, whyNotPullable } from './images.js'
import { byStack, findAll } from './inventory.js'
import { damageOf, LABEL, metaOf } from './labels.js'
import type { Workshop } from './node.js'
import { DockerStack } from './stack.js'
import { bringUp } from './up.js'

/** A daemon that runs answers within milliseconds; one that hangs must not hold up the choice of another engine. */
const PING_MS = 1_000
const REGISTRY_MS = 5_000

export interface DockerEngineOptions {
  /** DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CERT_PATH and SSH_AUTH_SOCK, which decide as they do for `docker`. */
  dockerHost?: string | undefined
  context?: string | undefined
  certPath?: string | undefined
  sshAgent?: string | undefined
  /** Whose stacks are seen and made: an id of the state folder and its machine. */
  home: string
  /** By name: see imageOf. */
  images: Images
  /** Folder of the bundled node programs: dist/nodes. */
  nodesDir: string
  /** The password of a database role: always the same of one state folder. */
  secret: (role: string) => string
}

/**
 * The engine that runs nodes as containers. Looks for the daemon, and at what DOCKER_HOST says, only when asked to do
 * something: whoever uses another engine is not troubled with it.
 */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  const { dockerHost, context, certPath, sshAgent, images, nodesDir, secret } = options
  const host = findDockerHost({ dockerHost, context, home: homedir(), uid: process.getuid?.() })
  let made: Workshop | undefined
  const workshop = (): Workshop => {
    made ??= { client: connectDocker(host, { certPath, sshAgent }), images, home: options.home, nodesDir, secret }
    return made
  }

  return {
    name: 'docker',

    /**
     * An image that is not here counts as available when its registry, asked by the daemon, has it; `up` pulls it.
     */
    async available(topology: Topology, signal: AbortSignal): Promise<Availability> {
      const [limitation] = limitationsOf(topology)
      if (limitation !== undefined) return { ok: false, reason: limitation, fix: 'use --engine process' }
      if (isMissing(host)) return { ok: false, reason: noDaemon(host), fix: NO_DAEMON_HINT }
      let version: string | null
      try {
        version = await daemonVersion(workshop())
      } catch (error) {
        const explanation = explain(host, error) as Error & { hint?: string }
        return { ok: false, reason: explanation.message, fix: explanation.hint ?? NO_DAEMON_HINT }
      }
      if (version === null) return { ok: false, reason: noDaemon(host), fix: NO_DAEMON_HINT }
      const { docker } = workshop().client
      for (const needed of neededImages(topology.nodes, images)) {
        signal.throwIfAborted()
        if (await explained(host, () => hasImage(docker, needed.image))) continue
        const why = await whyNotPullable(docker, needed.image, REGISTRY_MS)
        if (why === null) continue
        const reason = `the image ${needed.image} is not here and cannot be pulled: ${why}`
        return { ok: false, reason, fix: imageHint(needed) }
      }
      const servers = topology.nodes.flatMap((node) => serverOf(node) ?? [])
      const notes = servers.map(({ server, image }) => `${server.title}: image ${images[image]}.`)
      return { ok: true, version, notes: [...new Set(notes)] }
    },

    limitations: limitationsOf,

    up(request: UpRequest): Promise<Stack> {
      return explained(host, async () => {
        const meta = await bringUp(workshop(), request)
        return new DockerStack(workshop(), meta, true)
      })
    },

    /** Empty where no daemon can be asked: it runs no containers of ours then. */
    async stacks(): Promise<Stack[]> {
      if (isMissing(host) || !(await answers(workshop))) return []
      return explained(host, async () => {
        const stacks = byStack(await findAll(workshop().client.docker, `${LABEL.home}=${options.home}`))
        return [...stacks.values()].flatMap(({ containers, networks, markers }) => {
          const labels = [...markers, ...networks, ...containers][0]?.Labels
          if (labels === undefined) return []
          return [new DockerStack(workshop(), metaOf(labels), markers.length > 0, damageOf(containers))]
        })
      })
    },
  }
}

/** Whether it is the address of a socket that is not there. */
function isMissing(host: string): boolean {
  const socket = /^unix:\/\/(.+)$/.exec(host)?.[1]
  return socket !== undefined && !existsSync(socket)
}

async function answers(workshop: () => Workshop): Promise<boolean> {
  try {
    return (await daemonVersion(workshop())) !== null
  } catch {
    return false // also without permission: what cannot be asked has made nothing for this user
  }
}

/** Version of the daemon, null when it says nothing for too long. */
async function daemonVersion({ client }: Workshop): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const asked = client.docker.version().then(({ Version }) => Version)
  asked.catch(() => {}) // it may fail after we have stopped waiting
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), PING_MS)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

function limitationsOf(topology: Topology): string[] {
  return topology.nodes
    .filter((node) => node.program.kind === 'command')
    .map((node) => `${node.id} is a shell command, which runs in no container`)
}
