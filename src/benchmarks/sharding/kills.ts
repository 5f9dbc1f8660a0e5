import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '../../core/random.js'
import { createLoadGenerator } from '../../load/child-process-generator.js'
import type { LoadResult } from '../../load/port.js'
import { ledgerOf } from '../../run/ledger.js'
import { audit } from '../../sharding/audit.js'
import type { Fleet } from '../../sharding/fleet.js'
import { migrationOf } from '../../sharding/reshard.js'
import { countShards } from '../../sharding/shard-count.js'
import { writtenOn } from '../../sharding/written.js'
import { FIRST_BALANCE } from '../../topologies/shard-sql.js'
import { BIN, type Run, withCommandLine } from '../command.js'
import { atLeast, equal, type Figure, info, within } from '../figure.js'
import { askShards, nodesOf } from './fleet.js'

const USERS = 10_000
const KILLS = 24
/** So that a migration lasts a while, and most kills strike it at work. */
const ROWS_PER_S = '3000'
const IDLE = 'nothing had begun'
const SEED = 20_261_120
const RUN = 'kills'
/** Of the moments that are drawn: a command that has just been started has done nothing yet. */
const FIRST_MS = 300
/** Longer than all kills take. */
const LONGEST_MS = 1_800_000

/**
 * The command killed with -9 at moments spread over its whole life, from starting shards to removing them, while
 * clients read and write without a pause; after each, alternately --resume and --rollback. Then every write that was
 * acknowledged must be there once, and every row where it belongs.
 */
export async function kills(): Promise<Figure[]> {
  return withCommandLine(async (run, folder) => {
    await run('up', 'shard-3', '--engine', 'process', '--rows', String(USERS))
    const entry = (await nodesOf(run))[0]?.url ?? ''
    const ending = new AbortController()
    const loading = load(entry, ending.signal)
    const struck = await killAll(run, folder).finally(() => ending.abort())
    const result = await loading
    return [
      atLeast('kills -9 that struck something under way', struck.length, 20),
      ...[...new Set(struck)]
        .sort()
        .map((phase) => info(`  left behind: ${phase}`, struck.filter((one) => one === phase).length, 'kills')),
      ...(await figuresOf(run, folder, result)),
    ]
  })
}

/** @returns what each kill left behind, in words */
async function killAll(run: Run, folder: string): Promise<string[]> {
  const random = seededRandom(SEED)
  const struck: string[] = []
  // How long it lives when nobody ends it: growing and shrinking.
  const lives = { 4: await lifeOf(() => run(...reshard(4))), 3: await lifeOf(() => run(...reshard(3))) }
  for (let n = 0; struck.length < KILLS && n < 3 * KILLS; n++) {
    const to = (await shardsOf(run, folder)) === 3 ? 4 : 3
    if (!(await killed(folder, reshard(to), FIRST_MS + random() * (lives[to] - FIRST_MS)))) continue
    const left = await leftBehind(run, folder, to)
    if (left !== IDLE) struck.push(left)
    const way = n % 2 === 0 ? 'resume' : 'rollback'
    process.stderr.write(`  ${struck.length}: to ${to}, ${left}; --${way}\n`)
    await putRight(run, way)
  }
  return struck
}

function reshard(to: number): string[] {
  return ['reshard', '--to', String(to), '--no-load', '--max-rows-per-second', ROWS_PER_S]
}

async function lifeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** @returns false where it had come to its end before */
function killed(folder: string, args: readonly string[], afterMs: number): Promise<boolean> {
  const env = { ...process.env, SCALELAB_STATE: join(folder, 'state') }
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env, stdio: 'ignore' })
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (_code, signal) => {
      clearTimeout(timer)
      resolve(signal === 'SIGKILL')
    })
  })
}

/** A kill before anything was written down leaves nothing to be taken up: that is exit code 2, and right. */
async function putRight(run: Run, way: 'resume' | 'rollback'): Promise<void> {
  try {
    await run('reshard', `--${way}`, '--no-load')
  } catch (error) {
    if (!String((error as { stderr?: unknown }).stderr).includes('no migration is under way')) throw error
  }
}

/** Shards by the map: a node may be there that was never one. */
async function shardsOf(run: Run, folder: string): Promise<number> {
  return askShards(
    run,
    folder,
    async (fleet) => (await fleet.shard('shard-1').map()).shards.length,
    (id) => id === 'shard-1',
  )
}

/** What is found on the shards after a kill: nobody changes it any more. */
async function leftBehind(run: Run, folder: string, to: number): Promise<string> {
  const nodes = (await nodesOf(run)).filter(({ role }) => role === 'database').length
  return askShards(
    run,
    folder,
    async (fleet) => {
      const migration = await migrationOf(fleet)
      const { map } = await fleet.shard('shard-1').state()
      if (migration === null) {
        if (nodes > map.shards.length) return to > map.shards.length ? 'a shard half started' : 'a shard half removed'
        return map.shards.length === to ? 'all was done' : IDLE
      }
      if (migration.state === 'moved') return nodes > to ? 'a shard to be removed' : 'all moved, not yet written down'
      const states = await fleet.each((shard) => shard.state())
      const any = (state: 'held' | 'leaving' | 'arriving'): boolean =>
        states.some(({ slots }) => slots[state].length > 0)
      if (new Set(states.map((state) => state.map.version)).size > 1) return 'a switch half made'
      if (any('held')) return 'slots held'
      if (any('leaving')) return 'slots half copied'
      if (any('arriving')) return 'slots about to be copied'
      return (await strayRows(fleet)) > 0 ? 'old rows half dropped' : 'between two batches'
    },
    (id) => id !== 'shard-4' || nodes === 4,
  ).catch((error: unknown) => `a shard that does not answer (${error instanceof Error ? error.name : error})`)
}

async function strayRows(fleet: Fleet): Promise<number> {
  const { misplaced } = await audit(fleet)
  return misplaced
}

async function figuresOf(run: Run, folder: string, { journal, ledger }: LoadResult): Promise<Figure[]> {
  if (journal === null) throw new Error('a load without a workload')
  const { found, checked, tables, money } = await askShards(run, folder, async (fleet) => ({
    found: await writtenOn(fleet, `${RUN}-`),
    checked: await audit(fleet),
    tables: (await countShards(fleet)).tables,
    money: await moneyOn(fleet),
  }))
  for (const failure of journal.failures) process.stderr.write(`  ${JSON.stringify(failure)}\n`)
  const writes = ledgerOf(journal.writes, found)
  const rows = (name: string): number => tables.find(({ table }) => table === name)?.rows ?? Number.NaN
  const orders = journal.writes.filter(({ kind, outcome }) => kind === 'order' && outcome === 'acknowledged').length
  const extra = rows('orders') - USERS - orders
  return [
    info('requests meanwhile', ledger.due),
    equal('client errors', ledger.http_error + ledger.lost, 0),
    info('acknowledged writes', writes.acknowledged),
    equal('acknowledged writes lost', writes.lost?.length ?? Number.NaN, 0),
    equal('writes made twice', writes.duplicated?.length ?? Number.NaN, 0),
    equal('users afterwards', rows('users'), USERS),
    // Those whose answer nobody waited for at the end may be there, or not.
    info('writes of unknown outcome, cut off at the end', writes.unknown),
    within('orders afterwards, beyond those of the sample and those acknowledged', extra, 0, writes.recovered ?? 0),
    equal('money afterwards', money, USERS * FIRST_BALANCE),
    equal('rows on a shard that does not serve them', checked.misplaced, 0),
    equal('rows in a slot that is not that of their user', checked.misslotted, 0),
    equal('users on two shards', checked.duplicated, 0),
    equal('slots that no shard serves, or two', checked.misowned, 0),
  ]
}

/** All balances, and what is on its way. */
async function moneyOn(fleet: Fleet): Promise<number> {
  const sums = await fleet.each((shard) =>
    shard.one<{ sum: number }>(`SELECT ((SELECT coalesce(sum(balance), 0) FROM users)
  + (SELECT coalesce(sum(amount), 0) FROM transfers WHERE side = 'debit' AND state = 'pending'))::float8 AS sum`),
  )
  const credited = await fleet.each((shard) =>
    shard.ask<{ transfer_id: string; amount: number }>(
      "SELECT transfer_id, amount::float8 AS amount FROM transfers WHERE side = 'credit' AND state = 'done'",
    ),
  )
  const pending = await fleet.each((shard) =>
    shard.ask<{ transfer_id: string }>("SELECT transfer_id FROM transfers WHERE side = 'debit' AND state = 'pending'"),
  )
  const open = new Set(pending.flat().map(({ transfer_id }) => transfer_id))
  const twice = credited.flat().filter(({ transfer_id }) => open.has(transfer_id))
  return sums.reduce((all, { sum }) => all + sum, 0) - twice.reduce((all, { amount }) => all + amount, 0)
}

/** From this process, so that no command that is killed takes it along. */
function load(origin: string, signal: AbortSignal): Promise<LoadResult> {
  const generator = createLoadGenerator({
    nodeBinary: process.execPath,
    childEntry: fileURLToPath(new URL('../../load/generator-child.js', import.meta.url)),
  })
  return generator.run({
    load: {
      mode: 'open',
      arrival: 'uniform',
      stages: [{ durationMs: LONGEST_MS, rps: 300 }],
      warmupMs: 1_000,
      connections: 100,
      timeoutMs: 15_000,
      generators: 1,
      clients: 0,
      seed: SEED,
      workload: {
        mix: [
          { kind: 'read', weight: 80 },
          { kind: 'write', weight: 10 },
          { kind: 'order', weight: 8 },
          { kind: 'transfer', weight: 2 },
        ],
        keys: { distribution: 'uniform', count: USERS, products: 1_000, exponent: 1 },
        consistency: 'default',
        run: RUN,
      },
    },
    target: { origin, requests: [{ method: 'GET', path: '/', headers: [] }] },
    signal,
    drainMs: 10_000,
    tickMs: 500,
    onStart: () => {},
    onTick: () => {},
  })
}
