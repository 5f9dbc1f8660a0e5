import type Docker from 'dockerode'
import type { ContainerInfo, NetworkInspectInfo, VolumeInspectInfo } from 'dockerode'
import { tolerate } from './errors.js'
import { LABEL, projectOf, type StackLabels, stackLabels } from './labels.js'

/** Everything at the daemon that bears a label of ours. */
export interface Inventory {
  containers: ContainerInfo[]
  networks: NetworkInspectInfo[]
  /**
   * The mark of a whole stack: an empty volume, made when the last node was ready. Labels cannot be changed, and this
   * exists exactly when `up` got to its end, however it was killed before.
   */
  markers: VolumeInspectInfo[]
}

/** @param label a label with or without a value: "scalelab.stack=lb-3" */
export async function findAll(docker: Docker, label: string): Promise<Inventory> {
  const filters = { label: [label] }
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ])
  return { containers, networks, markers: volumes.Volumes ?? [] }
}

export function isEmpty({ containers, networks, markers }: Inventory): boolean {
  return containers.length + networks.length + markers.length === 0
}

/** Marks the stack as whole. */
export async function mark(docker: Docker, stack: StackLabels): Promise<void> {
  await docker.createVolume({
    Name: `${projectOf(stack.meta.name)}-complete`,
    Labels: { ...stackLabels(stack), 'com.docker.compose.volume': 'complete' },
  })
}

/**
 * Removes everything that bears the label, and nothing else. Others may be removing the same at the same time.
 * The mark goes first, so that what is left when this is cut short counts as half-made.
 */
export async function removeAll(docker: Docker, label: string): Promise<void> {
  const { containers, networks, markers } = await findAll(docker, label)
  await Promise.all(markers.map(({ Name }) => tolerate([404], docker.getVolume(Name).remove())))
  await Promise.all(containers.map(({ Id }) => removeContainer(docker, Id)))
  await Promise.all(networks.map(({ Id }) => removeNetwork(docker, Id)))
}

/** Kills and removes a container, and returns when it is gone. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  const container = docker.getContainer(id)
  for (let attempt = 0; attempt < 50; attempt++) {
    await tolerate([404, 409], container.remove({ force: true, v: true }))
    const gone = await container.inspect().then(
      () => false,
      (error: { statusCode?: number }) => error.statusCode === 404,
    )
    if (gone) return
    // "removal is already in progress": by another command, which has the same aim.
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await container.remove({ force: true, v: true })
}

async function removeNetwork(docker: Docker, id: string): Promise<void> {
  const network = docker.getNetwork(id)
  const found = (await network.inspect().catch(() => ({ Containers: {} }))) as NetworkInspectInfo
  // A container that the user connected for a look would keep the network alive: it is let go, not removed.
  for (const other of Object.keys(found.Containers ?? {})) {
    await tolerate([404, 403, 500], network.disconnect({ Container: other, Force: true }))
  }
  await tolerate([404], network.remove())
}

/** The stacks in an inventory, by name. */
export function byStack(inventory: Inventory): Map<string, Inventory> {
  const stacks = new Map<string, Inventory>()
  const of = (labels: Record<string, string> | undefined): Inventory => {
    const name = labels?.[LABEL.stack] ?? ''
    const found = stacks.get(name) ?? { containers: [], networks: [], markers: [] }
    stacks.set(name, found)
    return found
  }
  for (const container of inventory.containers) of(container.Labels).containers.push(container)
  for (const network of inventory.networks) of(network.Labels).networks.push(network)
  for (const marker of inventory.markers) of(marker.Labels).markers.push(marker)
  return stacks
}
