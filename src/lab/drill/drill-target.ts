import { unknownValueError, usageError } from '../../core/errors.js'
import type { Trial } from '../../core/trial.js'
import type { Stack } from '../../engines/port.js'
import { Cluster, primaryOf } from '../../replication/cluster.js'
import type { LabContext } from '../context.js'
import { membersOf } from '../stack/databases.js'

/** The node that a drill strikes. */
export interface DrillTarget {
  node: string
  role: Trial['role']
}

/** Who is the primary at the moment, whatever its node is called. */
const PRIMARY = 'primary'

/**
 * What `failover <name>` strikes: `primary` is whichever server is the primary at the moment, any other name is the
 * node of that name, in the role that it has at the moment.
 * @throws LabError (usage) for a node that is not there, is down already, or is the last that could do its work
 */
export async function drillTarget(lab: LabContext, stack: Stack, name: string): Promise<DrillTarget> {
  const nodes = await stack.nodes()
  const apis = nodes.filter(({ role }) => role === 'api')
  const members = await membersOf(lab, stack)
  if (members.length === 0) {
    throw usageError(
      `${stack.meta.name} has no databases that could fail over`,
      'Bring one up that has: scalelab up repl-2. The failure of an instance: scalelab bench --fault kill:api-1@5s+2s',
    )
  }
  const allowed = [PRIMARY, ...members.map(({ id }) => id).filter((id) => id !== PRIMARY), ...apis.map(({ id }) => id)]
  if (!allowed.includes(name)) throw unknownValueError('node', name, allowed)
  const api = apis.find(({ id }) => id === name)
  if (api !== undefined) {
    if (api.state !== 'running') throw alreadyDown(name, api.state)
    if (apis.filter(({ state }) => state === 'running').length === 1) {
      throw usageError(`${name} is the last API instance that runs: nothing could take its place`, 'scalelab scale 2')
    }
    return { node: name, role: 'api' }
  }
  const cluster = new Cluster(members)
  try {
    const states = await cluster.patiently((all) => primaryOf(all) !== null)
    const primary = primaryOf(states)
    const member = name === PRIMARY ? undefined : cluster.member(name)
    if (member !== undefined && member.state !== 'running') throw alreadyDown(name, member.state)
    if (primary === null) throw cluster.noPrimary('Put the stack right first: scalelab failover --resume')
    if (name !== PRIMARY && name !== primary.id) return { node: name, role: 'standby' }
    const standbys = await cluster.server(primary.id)?.senders()
    if (!standbys?.some(({ state }) => state === 'streaming')) {
      throw usageError(
        `${primary.id} is the last database server: no standby streams from it that could take its place`,
        'See scalelab ps. Standbys that were lost come back with scalelab failover --resume',
      )
    }
    return { node: primary.id, role: 'primary' }
  } finally {
    cluster.close()
  }
}

function alreadyDown(node: string, state: string): Error {
  return usageError(`${node} is already down: ${state}`, 'Put the stack right first: scalelab failover --resume')
}
