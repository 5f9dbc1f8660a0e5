import type { RunRecord } from '../../core/record.js'
import type { ReshardRecord } from '../../core/sharding.js'
import { type Run, withCommandLine } from '../command.js'
import { atMost, equal, type Figure, info, median, percentile, within } from '../figure.js'

/** Each has a user and an order: 100,000 rows. */
const USERS = 50_000
const ROUNDS = 3

/** What `reshard --json` prints, as far as it is looked at. */
interface Answer {
  reshard: ReshardRecord
  ledger: RunRecord['load']['ledger']
  writes: NonNullable<RunRecord['writes']>
}

/** From 3 to 4 shards and back with 100,000 rows under 300 requests/s, of which 20 % are writes. */
export async function reshard(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    await run('up', 'shard-3', '--engine', 'process', '--rows', String(USERS))
    const answers: Answer[] = []
    for (let round = 0; round < ROUNDS; round++) {
      for (const to of [4, 3]) answers.push(await move(run, '--to', String(to)))
    }
    await run('down')
    await run('up', 'shard-3', '--engine', 'process', '--rows', String(USERS), '--scheme', 'modulo')
    const modulo = await move(run, '--to', '4')
    const held = answers.flatMap((answer) => answer.reshard.batches.map(({ held_ms }) => held_ms))
    const all = [...answers, modulo]
    return [
      equal(
        'migrations that reached their end',
        all.filter((one) => one.reshard.outcome === 'moved').length,
        all.length,
      ),
      equal(
        'requests that were not answered well',
        sum(all, ({ ledger }) => ledger.due - ledger.ok),
        0,
        'requests',
      ),
      info(
        'requests',
        sum(all, ({ ledger }) => ledger.due),
        'requests',
      ),
      info(
        'acknowledged writes',
        sum(all, ({ writes }) => writes.acknowledged),
        'writes',
      ),
      equal(
        'acknowledged writes lost',
        sum(all, ({ writes }) => writes.lost?.length ?? Number.NaN),
        0,
        'writes',
      ),
      equal(
        'writes made twice',
        sum(all, ({ writes }) => writes.duplicated?.length ?? Number.NaN),
        0,
        'writes',
      ),
      equal(
        'rows left where they do not belong',
        sum(all, (one) => one.reshard.misplaced ?? Number.NaN),
        0,
        'rows',
      ),
      equal(
        'users that two shards serve',
        sum(all, (one) => one.reshard.duplicated ?? Number.NaN),
        0,
        'users',
      ),
      equal(
        'users gained or lost',
        sum(all, (one) => Math.abs(gained(one.reshard))),
        0,
        'users',
      ),
      atMost(`ring, 3 to 4 and back: writes held, p95 of ${held.length} batches`, percentile(held, 95), 250, 'ms'),
      info('ring: writes held, median', median(held), 'ms'),
      info('ring: writes held, longest', Math.max(...held), 'ms'),
      info('ring: rows moved, median of the migrations', median(answers.map((one) => one.reshard.moved_rows)), 'rows'),
      info(
        'ring: duration, median',
        median(answers.map(({ reshard: one }) => one.ended_ms - one.started_ms)) / 1_000,
        's',
      ),
      info('ring: users moved, first migration', share(answers[0]), '%'),
      within('modulo, 3 to 4: users moved', share(modulo), 73, 77, '%'),
      info('modulo: rows moved', modulo.reshard.moved_rows, 'rows'),
      info('modulo: duration', (modulo.reshard.ended_ms - modulo.reshard.started_ms) / 1_000, 's'),
      info('modulo: writes held, p95', modulo.reshard.held_ms.p95 ?? Number.NaN, 'ms'),
    ]
  })
}

async function move(run: Run, ...flags: string[]): Promise<Answer> {
  return JSON.parse(await run('reshard', ...flags, '--rps', '300', '--mix', 'read:80,write:20', '--json')) as Answer
}

/** Users after a migration against before: clients write to users, and make none. */
function gained({ before, after }: ReshardRecord): number {
  const users = (counts: ReshardRecord['after']): number => counts.reduce((all, { keys }) => all + keys, 0)
  return users(after) - users(before)
}

function share(answer: Answer | undefined): number {
  const keys = answer?.reshard.plan.keys
  return keys === undefined ? Number.NaN : (100 * keys.moved) / keys.total
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((all, value) => all + of(value), 0)
}
