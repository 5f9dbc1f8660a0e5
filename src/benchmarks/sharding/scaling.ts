import type { RunRecord } from '../../core/record.js'
import { type Run, withCommandLine } from '../command.js'
import { atLeast, type Figure, info, median } from '../figure.js'

const ROUNDS = 3
const SHARDS = [1, 2, 3, 4] as const
const SKEWED = 'zipf:1.2'

/** Claim 14: the same load against 1 to 4 shards of a stated, equal capacity; with even keys, and with popular ones. */
export async function scaling(): Promise<Figure[]> {
  return withCommandLine(async (run) => [...(await efficiency(run, 'uniform')), ...(await efficiency(run, SKEWED))])
}

async function efficiency(run: Run, keys: string): Promise<Figure[]> {
  const rates = new Map<number, number[]>(SHARDS.map((shards) => [shards, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const shards of SHARDS) {
      const text = await run('bench', `shard-scaling-${shards}`, '--engine', 'process', '--keys', keys, '--json')
      rates.get(shards)?.push((JSON.parse(text) as RunRecord).load.goodput_rps)
    }
  }
  const rate = (shards: number): number => median(rates.get(shards) ?? [])
  return SHARDS.flatMap((shards) => {
    const measured = info(`${keys} keys, ${shards} shards, median of ${ROUNDS}`, rate(shards), 'requests/s')
    if (shards === 1) return [measured]
    const share = rate(shards) / rate(1) / shards
    const words = `${keys} keys, ${shards} shards: efficiency`
    // Skew is measured to be shown: no shard can be fuller than full.
    return [measured, keys === 'uniform' ? atLeast(words, share, 0.9) : info(words, share)]
  })
}
