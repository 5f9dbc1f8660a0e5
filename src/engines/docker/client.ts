import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { EXIT, LabError, usageError } from '../../core/errors.js'

/** A daemon to talk to, and how the ports it publishes are reached. */
export interface DockerClient {
  docker: Dockerode
  /** As in DOCKER_HOST: "unix:///var/run/docker.sock". */
  host: string
  /** Whether the daemon runs on this machine, so that its loopback ports are reached here. */
  local: boolean
  /** Name or address of the daemon's machine. */
  machine: string
}

/**
 * A client for a daemon address as DOCKER_HOST writes it (unix, npipe, tcp, http, https, ssh). Connects on first use.
 * @param certPath folder with ca.pem, cert.pem and key.pem (DOCKER_CERT_PATH) for a daemon that asks for TLS
 * @param sshAgent socket of the SSH agent, for ssh:// addresses
 * @throws LabError (usage) for an address of no such form
 */
export function connectDocker(
  host: string,
  options: { certPath?: string | undefined; sshAgent?: string | undefined } = {},
): DockerClient {
  // Loaded where a daemon is there to be asked: with its ssh and gRPC it takes as long as all the rest of a command.
  const Docker = createRequire(import.meta.url)('dockerode') as typeof Dockerode
  // The undefined host keeps docker-modem from mixing in a DOCKER_HOST of the environment: this address has been decided.
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1]
  if (socket !== undefined) {
    const docker = new Docker({ socketPath: socket, host: undefined, protocol: 'http' })
    return { docker, host, local: true, machine: '127.0.0.1' }
  }
  let url: URL
  try {
    url = new URL(host.includes('://') ? host : `tcp://${host}`)
  } catch {
    throw usageError(
      `"${host}" is not the address of a Docker daemon`,
      'DOCKER_HOST looks like unix:///var/run/docker.sock',
    )
  }
  if (!['tcp:', 'http:', 'https:', 'ssh:'].includes(url.protocol) || url.hostname === '') {
    throw usageError(`"${host}" is not the address of a Docker daemon`, 'DOCKER_HOST looks like tcp://192.168.0.9:2375')
  }
  const machine = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const local = ['localhost', '127.0.0.1', '::1'].includes(machine)
  if (url.protocol === 'ssh:') {
    const docker = new Docker({
      host: machine,
      port: url.port || 22,
      protocol: 'ssh',
      username: url.username,
      ...(options.sshAgent === undefined ? {} : { sshOptions: { agent: options.sshAgent } }),
    })
    return { docker, host, local, machine }
  }
  const secure = url.protocol === 'https:' || options.certPath !== undefined || url.port === '2376'
  const docker = new Docker({
    host: machine,
    port: url.port || (secure ? 2376 : 2375),
    protocol: secure ? 'https' : 'http',
    ...(options.certPath === undefined ? {} : certificates(options.certPath)),
  })
  return { docker, host, local, machine }
}

function certificates(folder: string): { ca: Buffer; cert: Buffer; key: Buffer } {
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  try {
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
  } catch (cause) {
    const hint = 'DOCKER_CERT_PATH must hold ca.pem, cert.pem and key.pem'
    throw new LabError(`cannot read the certificates in ${folder}`, { exitCode: EXIT.environment, hint, cause })
  }
}
