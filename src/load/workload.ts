import type { RequestKind, Workload } from '../core/load.js'
import { seededRandom } from '../core/random.js'
import { Zipf } from '../stats/zipf.js'

/** What the k-th request of a workload is about. Users and products are numbered from 0. */
export interface Task {
  kind: RequestKind
  user: number
  product: number
  /** Of a transfer, to whom the user pays: never the user. */
  payee: number | null
}

/** Whether it changes data, and so has an idempotency key and an outcome. */
export function isWrite({ kind }: Task): boolean {
  return kind === 'write' || kind === 'order' || kind === 'transfer'
}

/**
 * The tasks of a generator's part, by the number k of the request in the whole schedule: a pure function of seed and k.
 *
 * A part owns the users whose number leaves its index when divided by the number of parts, so that one generator knows
 * of every write of its users. A draw falls on the user of this part in the same run of `of` neighbours, which keeps the
 * popularity of each such run as the distribution has it. Products belong to nobody, and whoever is paid to may be
 * another part's user.
 * @throws Error when there are fewer keys than parts, or nobody to transfer to
 */
export function tasksOf(workload: Workload, seed: number, part: { index: number; of: number }): (k: number) => Task {
  const { mix, keys } = workload
  if (keys.count < part.of) throw new Error(`${keys.count} keys are too few for ${part.of} generators`)
  if (keys.count < 2 && mix.some(({ kind, weight }) => kind === 'transfer' && weight > 0)) {
    throw new Error('a transfer needs two users')
  }
  const drawUser = drawing(keys.count, keys)
  const drawProduct = drawing(keys.products ?? keys.count, keys)
  const kindOf = kinds(mix)
  const offset = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1)
  return (k) => {
    const random = seededRandom(offset + k)
    const kind = kindOf(random())
    const drawn = drawUser(random)
    const own = drawn - (drawn % part.of) + part.index
    const user = own < keys.count ? own : own - part.of
    const product = drawProduct(random)
    return { kind, user, product, payee: kind === 'transfer' ? otherThan(user, drawUser(random), keys.count) : null }
  }
}

/** Draws a key of so many. */
function drawing(count: number, keys: Workload['keys']): (random: () => number) => number {
  if (keys.distribution === 'uniform') return (random) => Math.floor(random() * count)
  const zipf = new Zipf(count, keys.exponent)
  return (random) => zipf.draw(random) - 1
}

/** The drawn user, or where that is the payer the next one. */
function otherThan(payer: number, drawn: number, count: number): number {
  return drawn === payer ? (drawn + 1) % count : drawn
}

/**
 * The idempotency key of request k of a generator's part: `<run>-<part>-<k>`.
 * @throws Error for a run that does not keep its writes apart from others', or that no header can carry
 */
export function idempotencyKeys({ run }: Workload, part: number): (k: number) => string {
  if (!/^[\w.-]+$/.test(run)) throw new Error(`"${run}" cannot begin an idempotency key`)
  return (k) => `${run}-${part}-${k}`
}

/** A kind by its weight, for a number in [0, 1). */
function kinds(mix: Workload['mix']): (at: number) => RequestKind {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0)
  const last = mix.at(-1)
  if (last === undefined || !(total > 0)) throw new Error('a workload needs a kind of request with a weight')
  return (at) => {
    let left = at * total
    for (const { kind, weight } of mix) {
      if (left < weight) return kind
      left -= weight
    }
    return last.kind
  }
}
