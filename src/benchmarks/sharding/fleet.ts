import { join } from 'node:path'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { Fleet, type ShardControl } from '../../sharding/fleet.js'
import { secrets } from '../../store/secret.js'
import type { Run } from '../command.js'

interface NodeRow {
  id: string
  role: string
  state: 'running' | 'paused' | 'stopped' | 'starting'
  url: string | null
}

/** The nodes of the one stack that runs. */
export async function nodesOf(run: Run): Promise<NodeRow[]> {
  return JSON.parse(await run('ps', '--json'))
}

/** Asks the shards of the one stack that runs, past its commands. @param folder of the command line */
export async function askShards<Answer>(
  run: Run,
  folder: string,
  question: (fleet: Fleet) => Promise<Answer>,
  which: (id: string) => boolean = () => true,
): Promise<Answer> {
  const password = await secrets(join(folder, 'state'))(DATABASE_ROLES.admin)
  const access = { user: DATABASE_ROLES.admin, password, database: DATABASE_NAME }
  const control: ShardControl = {
    members: async () =>
      (await nodesOf(run))
        .filter(({ id, role }) => role === 'database' && which(id))
        .map(({ id, state, url }) => {
          if (url === null) return { id, state, endpoint: null, inside: { host: '', port: 0 } }
          const { hostname: host, port } = new URL(url)
          const place = { host, port: Number(port) }
          return { id, state, endpoint: { id, ...place, ...access }, inside: place }
        }),
  }
  const fleet = await Fleet.of(control)
  return question(fleet).finally(() => fleet.close())
}
