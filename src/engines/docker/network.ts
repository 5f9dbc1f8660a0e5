import type Docker from 'dockerode'
import type { ContainerInfo, EndpointSettings } from 'dockerode'
import { environmentError } from '../../core/errors.js'
import { messageOf, tolerate } from './errors.js'
import { LABEL, projectOf, type StackLabels, stackLabels } from './labels.js'

const ATTEMPTS = 10

export interface StackNetwork {
  id: string
  /** "172.18.0.0/16" */
  subnet: string
}

/**
 * Makes the stack's network. Docker hands out addresses anew at each start of a container, and nginx resolves names only
 * when it starts: a replica that came back at another's address would get the other's traffic. Fixed addresses need a
 * network whose subnet was given; so Docker chooses a subnet that is free on its machine, and the network is made
 * again with that very subnet.
 */
export async function createNetwork(docker: Docker, stack: StackLabels): Promise<StackNetwork> {
  const options = {
    Name: projectOf(stack.meta.name),
    CheckDuplicate: true,
    Driver: 'bridge',
    Labels: { ...stackLabels(stack), 'com.docker.compose.network': 'default' },
  }
  for (let attempt = 1; ; attempt++) {
    const draft = await docker.createNetwork(options)
    const subnet = subnetOf(await draft.inspect())
    await draft.remove()
    try {
      const network = await docker.createNetwork({
        ...options,
        IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
      })
      return { id: network.id, subnet }
    } catch (error) {
      // Another stack came up at the same moment and was given the subnet that we let go of.
      if (attempt === ATTEMPTS || !/overlaps/i.test(messageOf(error))) throw error
    }
  }
}

/** The IPv4 subnet of a network. */
export function subnetOf(network: Docker.NetworkInspectInfo): string {
  const subnet = network.IPAM?.Config?.map((config) => config.Subnet).find((text) => text?.includes('.'))
  if (subnet === undefined) throw environmentError(`the network ${network.Name} has no IPv4 subnet`)
  return subnet
}

/**
 * The lowest address of the subnet that nobody has. The first is the gateway's; the last is for broadcasts.
 * @throws LabError (environment) when all are taken
 */
export function freeAddress(subnet: string, taken: ReadonlySet<string>): string {
  const [base = '', bits = ''] = subnet.split('/')
  const start = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  for (let offset = 2; offset < size - 1; offset++) {
    const number = start + offset
    const address = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
    if (!taken.has(address)) return address
  }
  throw environmentError(
    `the network ${subnet} has no free address`,
    'Use fewer nodes, or give Docker larger address pools',
  )
}

/** How a node is known in the stack's network. */
export function endpointOf(node: string, address: string): EndpointSettings {
  return { Aliases: [node], IPAMConfig: { IPv4Address: address } }
}

/** Takes a container out of every network, at once; the rest of it stays as it is. It may be frozen. */
export async function cutOff(docker: Docker, { Id, NetworkSettings }: ContainerInfo): Promise<void> {
  for (const name of Object.keys(NetworkSettings.Networks)) {
    await tolerate([404], docker.getNetwork(name).disconnect({ Container: Id, Force: true }))
  }
}

/** Gives a container that was cut off its place in the stack's network back. */
export async function joinAgain(
  docker: Docker,
  { Id, NetworkSettings, HostConfig, Labels }: ContainerInfo,
): Promise<void> {
  if (Object.keys(NetworkSettings.Networks).length > 0) return
  const EndpointConfig = endpointOf(Labels[LABEL.node] ?? '', Labels[LABEL.address] ?? '')
  await docker.getNetwork(HostConfig.NetworkMode).connect({ Container: Id, EndpointConfig })
}
