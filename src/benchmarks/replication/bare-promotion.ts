import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DATABASE_NAME, DATABASE_ROLES } from '../../core/databases-file.js'
import { connectDocker } from '../../engines/docker/client.js'
import { LABEL } from '../../engines/docker/labels.js'
import { Session } from '../../replication/session.js'
import { secrets } from '../../store/secret.js'
import { type Run, STATE } from '../command.js'

/** The load of a drill, so that both have the same machine left to them. */
const LOAD = ['--rps', '300', '--warmup', '1s', '--duration', '4s', '--json']
const STEADY_MS = 3_000
const ANSWER_MS = 10_000

/**
 * How long PostgreSQL itself takes: the primary of the running stack is killed under load, and the moment its connection
 * closes a standby is promoted over a connection that is there, and asked until it is no standby any more. Nothing is
 * fenced, chosen or told; what that leaves behind is put right afterwards.
 * @returns milliseconds from the order to the answer, one for each of `rounds`
 */
export async function barePromotions(run: Run, folder: string, rounds: number): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const load = run('bench', ...LOAD)
    await sleep(STEADY_MS)
    times.push(await barePromotion(run, folder))
    await load
    await run('failover', '--resume')
  }
  return times
}

async function barePromotion(run: Run, folder: string): Promise<number> {
  const password = secrets(join(folder, STATE))(DATABASE_ROLES.admin)
  const shown: { id: string; role: string; url: string; engine: string }[] = JSON.parse(await run('ps', '--json'))
  const servers = shown.filter(({ role }) => role === 'database')
  const sessions = servers.map(({ id, url }) => {
    const { hostname: host, port } = new URL(url)
    const login = { user: DATABASE_ROLES.admin, password, database: DATABASE_NAME }
    return new Session({ id, host, port: Number(port), ...login }, 'bare promotion')
  })
  try {
    const standing = await Promise.all(sessions.map(recovering))
    const primary = sessions[standing.indexOf(false)]
    const standby = sessions[standing.indexOf(true)]
    if (primary === undefined || standby === undefined) throw new Error('no primary with a standby')
    const lost = new Promise<void>((resolve) => primary.events.once('lost', resolve))
    await (servers[0]?.engine === 'docker' ? killContainer(primary) : killProcess(primary))
    await lost
    const begun = performance.now()
    await standby.query('SELECT pg_promote(wait => false)', [], ANSWER_MS)
    while (await recovering(standby)) await sleep(1)
    return performance.now() - begun
  } finally {
    for (const session of sessions) session.close()
  }
}

async function recovering(session: Session): Promise<boolean> {
  const [row] = await session.query<{ yes: boolean }>('SELECT pg_is_in_recovery() AS yes', [], ANSWER_MS)
  return row?.yes !== false
}

async function killProcess(server: Session): Promise<void> {
  const first = "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)::integer AS pid"
  const [row] = await server.query<{ pid: number }>(first, [], ANSWER_MS)
  if (row !== undefined) process.kill(row.pid, 'SIGKILL')
}

async function killContainer({ endpoint: { id, port } }: Session): Promise<void> {
  const { docker } = connectDocker(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock')
  const named = await docker.listContainers({ filters: { label: [`${LABEL.node}=${id}`] } })
  const found = named.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port))
  if (found !== undefined) await docker.getContainer(found.Id).kill()
}
