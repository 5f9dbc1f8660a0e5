import { readdir, readFile, readlink } from 'node:fs/promises'

/**
 * Who listens on a TCP port, as "nginx (pid 4711)", as far as /proc shows it to this user.
 * Undefined where it does not.
 */
export async function portHolder(port: number): Promise<string | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  const sockets = tables.flatMap((table) => listeningSockets(table, port))
  if (sockets.length === 0) return undefined
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const holders = await Promise.all(pids.map(async (pid) => ((await holds(pid, sockets)) ? pid : undefined)))
  const pid = holders.find((holder) => holder !== undefined)
  if (pid === undefined) return undefined
  const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')).trim()
  return `${name} (pid ${pid})`
}

/** Inodes of the sockets that listen on a port, from the text of /proc/net/tcp: see proc(5). */
function listeningSockets(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [local = '', state, inode] = [fields[1], fields[3], fields[9]]
    return state === '0A' && local.endsWith(`:${hex}`) && inode !== undefined ? [`socket:[${inode}]`] : []
  })
}

async function holds(pid: string, sockets: readonly string[]): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')))
  return targets.some((target) => sockets.includes(target))
}
