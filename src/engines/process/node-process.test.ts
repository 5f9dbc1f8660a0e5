import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NodeProcess, PID_FILE } from './node-process.js'
import type { ProcessRow, ProcessTable } from './process-table.js'

/** Above every process id that a system gives. */
const LEADER = 5_000_000
const server = (pid: number, parent: number, group: number): ProcessRow => ({
  pid,
  parent,
  group,
  name: 'postgres',
  state: 'S',
  cpuSeconds: 0,
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scalelab-node-process-'))
  await writeFile(join(folder, PID_FILE), `${LEADER} boot/1\n`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function node(rows: () => ProcessRow[], leaderLives: () => boolean, cwds: Record<number, string>): NodeProcess {
  const table: ProcessTable = {
    rows: async () => rows(),
    memory: async () => ({ own: 0, shared: 0 }),
    carries: async () => false,
    cwd: async (pid) => cwds[pid],
  }
  const identity = { of: async () => (leaderLives() ? 'boot/1' : undefined), shell: '' }
  return new NodeProcess('primary', folder, { variable: 'A=b' }, identity, table, {
    folders: ['/data/pgdata'],
    programs: ['postgres'],
  })
}

const pids = async (process: NodeProcess): Promise<number[]> =>
  ((await process.living())?.processes ?? []).map(({ pid }) => pid)

it('counts what a server has started, in whatever session, and nothing else', async () => {
  const rows = [
    server(LEADER, 1, LEADER),
    server(LEADER + 1, LEADER, LEADER + 1),
    server(LEADER + 2, LEADER + 1, LEADER + 2),
    server(LEADER + 3, 1, LEADER + 3),
  ]
  expect(
    await pids(
      node(
        () => rows,
        () => true,
        {},
      ),
    ),
  ).toEqual([LEADER, LEADER + 1, LEADER + 2])
})

it("counts what a dead server has left by where it works, and no other server's", async () => {
  const rows = [server(LEADER + 1, 1, LEADER + 1), server(LEADER + 2, 1, LEADER + 2), server(LEADER + 3, 1, LEADER + 3)]
  const cwds = {
    [LEADER + 1]: '/data/pgdata',
    [LEADER + 2]: '/data/pgdata-of-another',
    [LEADER + 3]: '/data/pgdata/base',
  }
  expect(
    await pids(
      node(
        () => rows,
        () => false,
        cwds,
      ),
    ),
  ).toEqual([LEADER + 1, LEADER + 3])
})

it('misses nothing when the server dies while it is looked at', async () => {
  // Whatever is asked first still finds the server, and what is asked then does not.
  let asked = 0
  const gone = (): boolean => ++asked > 1
  const child = server(LEADER + 1, LEADER, LEADER + 1)
  const rows = (): ProcessRow[] => (gone() ? [{ ...child, parent: 1 }] : [server(LEADER, 1, LEADER), child])
  expect(await pids(node(rows, () => !gone(), { [LEADER + 1]: '/data/pgdata' }))).toContain(LEADER + 1)
})
