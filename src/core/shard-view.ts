import { refusalWords } from './database-view.js'
import { formatNumber } from './units.js'

/** What a shard says of itself at this moment. */
export interface ShardView {
  map_version: number
  /** The scheme of its map. */
  scheme: string
  /** That it serves, those that it is about to give away included. */
  slots: number
  /** Of those: being moved to another shard. */
  leaving: number
  /** Being moved to it. */
  arriving: number
}

/** Of a shard that lives, and says this in place of an answer. */
export interface ShardRefusal {
  refusal: string
}

/** In a few words: "shard, 5,461 slots, map 1". Null: it gives no answer. */
export function describeShard(view: ShardView | ShardRefusal | null): string {
  if (view === null) return 'shard, gives no answer'
  if ('refusal' in view) return `shard, ${refusalWords(view.refusal)}`
  const { slots, leaving, arriving, map_version: version } = view
  return [
    'shard',
    `${formatNumber(slots)} ${slots === 1 ? 'slot' : 'slots'}`,
    ...(leaving === 0 ? [] : [`${formatNumber(leaving)} leaving`]),
    ...(arriving === 0 ? [] : [`${formatNumber(arriving)} arriving`]),
    `map ${version}`,
  ].join(', ')
}
