import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { seededRandom } from '../../core/random.js'
import type { WriteEntry } from '../../load/port.js'
import { ledgerOf } from '../../run/ledger.js'
import { BIN, type Run, withCommandLine } from '../command.js'
import { atLeast, equal, type Figure, info } from '../figure.js'
import { generate } from '../generate.js'

const USERS = 20_000
const KILLS = 24
const RPS = 300
/** So that a migration lasts a while, and most kills strike it at work. */
const ROWS_PER_S = '3000'
const SEED = 4
/** Longest that all kills together may take, in milliseconds: the load is stopped when they are done. */
const LONGEST_MS = 15 * 60_000

/** What is counted on all shards, of what they serve and of what they keep. */
interface Counts {
  users: number
  different: number
  elsewhere: number
}

/**
 * `reshard` is killed at random moments of its life, again and again, while a load goes on that knows nothing of it; each
 * time it is taken up or taken back. Afterwards every acknowledged write is looked for.
 */
export async function kills(): Promise<Figure[]> {
  return withCommandLine(async (run, folder) => {
    await run('up', 'shard-3', '--engine', 'process', '--rows', String(USERS))
    const nodes = JSON.parse(await run('ps', '--json')) as { id: string; url: string }[]
    const url = nodes.find(({ id }) => id === 'balancer')?.url ?? ''
    const ended = new AbortController()
    const loading = generate(
      url,
      {
        rps: RPS,
        durationMs: LONGEST_MS,
        connections: 60,
        workload: {
          mix: [
            { kind: 'read', weight: 80 },
            { kind: 'write', weight: 15 },
            { kind: 'order', weight: 5 },
          ],
          keys: { distribution: 'uniform', count: USERS, exponent: 1, products: 1_000 },
          consistency: 'default',
          run: 'kills',
        },
      },
      undefined,
      ended.signal,
    )
    const phases = await killAgainAndAgain(run, folder).finally(() => ended.abort())
    const { result } = await loading
    const counts = await countsOf(run)
    const { lost, duplicated, acknowledged, unknown } = await ledger(run, result.journal?.writes ?? [])
    const { due, ok } = result.ledger
    for (const failure of result.journal?.failures ?? []) process.stderr.write(`  ${JSON.stringify(failure)}\n`)
    return [
      atLeast('kills -9 while the command was at work', phases.length, 20),
      ...[...new Set(phases)]
        .sort()
        .map((phase) => info(`  of them ${phase}`, phases.filter((one) => one === phase).length)),
      info('requests meanwhile', due, 'requests'),
      equal('requests that were not answered well', due - ok, 0, 'requests'),
      info('acknowledged writes', acknowledged, 'writes'),
      equal('acknowledged writes lost', lost?.length ?? Number.NaN, 0, 'writes'),
      equal('writes made twice', duplicated?.length ?? Number.NaN, 0, 'writes'),
      equal('writes of unknown outcome', unknown, 0, 'writes'),
      equal('users, over all shards', counts.users, USERS, 'users'),
      equal('different users', counts.different, USERS, 'users'),
      equal('rows on shards that do not serve them', counts.elsewhere, 0, 'rows'),
    ]
  })
}

/** @returns what the command was doing each time that it was killed */
async function killAgainAndAgain(run: Run, folder: string): Promise<string[]> {
  const random = seededRandom(SEED)
  const phases: string[] = []
  let longest = 6_000
  for (let n = 0; phases.length < KILLS && n < 3 * KILLS; n++) {
    const to = String((await shardCount(run)) === 3 ? 4 : 3)
    const begun = performance.now()
    const child = execa(
      process.execPath,
      [BIN, 'reshard', '--to', to, '--no-load', '--max-rows-per-second', ROWS_PER_S],
      {
        cwd: folder,
        env: { SCALELAB_STATE: join(folder, 'state') },
        stdin: 'ignore',
        all: true,
        reject: false,
      },
    )
    const timer = setTimeout(() => child.kill('SIGKILL'), 100 + random() * longest)
    const { signal, all = '' } = await child
    clearTimeout(timer)
    if (signal !== 'SIGKILL') {
      longest = performance.now() - begun
      continue
    }
    phases.push(phaseOf(all))
    await sleep(random() * 500)
    await afterwards(run, phases.length % 2 === 0 ? '--resume' : '--rollback')
  }
  return phases
}

/** Takes up or takes back what was left; where nothing had begun there is nothing to do. */
async function afterwards(run: Run, way: string): Promise<void> {
  try {
    await run('reshard', way, '--no-load')
  } catch (error) {
    const { exitCode, stderr } = error as { exitCode?: number; stderr?: string }
    if (exitCode !== 2 || stderr?.includes('no migration is under way') !== true) throw error
  }
}

/** From the last line of progress: "copying shard-1 to shard-4: ..." */
function phaseOf(output: string): string {
  const phase = /^(starting shards|copying|catching up|holding|dropping|waiting|done)\b/
  const told = output.split('\n').flatMap((line) => phase.exec(line)?.[1] ?? [])
  return told.at(-1) ?? 'before it began'
}

async function shardCount(run: Run): Promise<number> {
  const rows = JSON.parse(
    await run('sql', "SELECT count(*)::integer AS slots FROM slots WHERE state = 'here'", '--json'),
  ) as { slots: number }[]
  return rows.filter(({ slots }) => slots > 0).length
}

async function countsOf(run: Run): Promise<Counts> {
  const served = await rowsOf<{ user_id: string }>(
    run,
    "SELECT user_id FROM users JOIN slots USING (slot) WHERE state = 'here'",
  )
  const tables = ['users', 'orders', 'transfers', 'requests']
  const elsewhere = await rowsOf<{ rows: number }>(
    run,
    `SELECT (${tables
      .map((table) => `(SELECT count(*) FROM ${table} JOIN slots USING (slot) WHERE slots.state <> 'here')`)
      .join(' + ')})::integer AS rows`,
  )
  return {
    users: served.length,
    different: new Set(served.map(({ user_id }) => user_id)).size,
    elsewhere: elsewhere.reduce((sum, { rows }) => sum + rows, 0),
  }
}

/** Every write of the load held against what the shards serve. */
async function ledger(run: Run, writes: readonly WriteEntry[]) {
  const found = await rowsOf<{ request_key: string }>(
    run,
    "SELECT request_key FROM requests JOIN slots USING (slot) WHERE state = 'here' AND request_key LIKE 'kills-%' AND status < 400",
  )
  const ordered = await rowsOf<{ request_key: string }>(
    run,
    "SELECT request_key FROM orders JOIN slots USING (slot) WHERE state = 'here' AND request_key LIKE 'kills-%'",
  )
  const keys = found.map(({ request_key }) => request_key)
  const orders = ordered.map(({ request_key }) => request_key)
  return ledgerOf([...writes], { ids: new Set(keys), duplicated: [...repeated(keys), ...repeated(orders)] })
}

async function rowsOf<Row>(run: Run, sql: string): Promise<Row[]> {
  return JSON.parse(await run('sql', sql, '--json')) as Row[]
}

function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>()
  return keys.filter((key) => seen.has(key) || !seen.add(key))
}
