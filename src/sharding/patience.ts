import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from './fleet.js'
import { ShardAway } from './shard.js'

/** Pause between two looks whether a shard is back, in milliseconds. */
const LOOK_MS = 100
const ANSWER_MS = 1_000

export interface PatienceOptions {
  signal: AbortSignal
  onEvent: (level: 'info' | 'warn', text: string) => void
  /** The shard that is waited for, and null when it is back. */
  onWait: (shard: string | null) => void
  /** In milliseconds. */
  clock: () => number
}

/** Waits for shards that do not answer, and says for which. */
export class Patience {
  /** In all, in milliseconds. */
  waitedMs = 0

  constructor(
    private readonly fleet: Fleet,
    private readonly options: PatienceOptions,
  ) {}

  /** Does it, and when a shard does not answer, again once it is back. @throws the abort reason, every other error */
  async through<Answer>(action: () => Promise<Answer>): Promise<Answer> {
    while (true) {
      try {
        return await action()
      } catch (error) {
        if (!(error instanceof ShardAway)) throw error
        await this.untilBack(error)
      }
    }
  }

  /** @returns how long it took, in milliseconds. @throws the abort reason */
  async untilBack(away: ShardAway): Promise<number> {
    const { signal, onEvent, onWait, clock } = this.options
    signal.throwIfAborted()
    const from = clock()
    onEvent('warn', `${away.message}; waiting until it is back`)
    onWait(away.shard)
    try {
      while (!(await this.answers(away.shard))) await sleep(LOOK_MS, undefined, { signal })
    } finally {
      this.waitedMs += clock() - from
      onWait(null)
    }
    onEvent('info', `${away.shard} is back after ${((clock() - from) / 1_000).toFixed(1)} s`)
    return clock() - from
  }

  private async answers(id: string): Promise<boolean> {
    try {
      await this.fleet.refresh()
      await this.fleet.shard(id).ask('SELECT 1 FROM shard_map', [], ANSWER_MS)
      return true
    } catch (error) {
      if (error instanceof ShardAway) return false
      throw error
    }
  }
}
