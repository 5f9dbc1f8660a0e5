import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatShare } from '../../core/units.js'
import { opacityText, picture } from './chart.js'
import { boldWidth, coordinate, cutText, el, type Svg, text } from './svg.js'
import { SERIES_COLOURS, WIDTH } from './theme.js'

type Arcs = NonNullable<SchemePlan['ring']>

const RADIUS = 118
const THICK = 30
/** Of the track outside the ring that shows what changed hands. */
const TRACK = 9
const MIDDLE = 232
/** More shards than this have no colours that could be told apart. */
const MOST = 64
const TINTS = [1, 0.6, 0.35]

/** The ring of the first scheme that has one, before and after; null where there is none, and for over 64 shards. */
export function shardRing({ schemes, stages }: ShardPlan): Svg | null {
  if (stages.some(({ length }) => length > MOST)) return null
  const plan = schemes.find(({ ring }) => ring !== null && ring.length > 0)
  if (plan?.ring == null) return null
  const { scheme, ring_before = null } = plan
  const [before, after] = [ring_before === null ? null : joined(ring_before), joined(plan.ring)]
  const ids = [...new Set([...(before ?? []), ...after].map(([, id]) => id))].toSorted((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
  const moved = before === null ? null : changed(before, after)
  const rings = [
    ...(before === null ? [] : [{ words: 'before', arcs: before, track: null, x: WIDTH / 4 + 10 }]),
    { words: 'after', arcs: after, track: moved, x: before === null ? WIDTH / 2 : (WIDTH * 3) / 4 - 10 },
  ]
  const rows = Math.ceil(ids.length / 4)
  return picture(
    {
      title: `The ring (${scheme})`,
      subtitle: `${before === null ? '' : 'before and after; '}a key belongs to the colour of its place${moved === null ? '' : '; outside: what changed hands, in the colour of its new shard'}`,
      description: ids.map((id) => `${id} holds ${formatShare(shareOf(after, id))} of the ring`).join(', '),
    },
    MIDDLE + RADIUS + THICK + 42 + rows * 22,
    [
      ...rings.flatMap(({ words, arcs, track, x }) => [
        ...circle(arcs, ids, x, RADIUS, THICK),
        ...(track === null ? [] : circle(track, ids, x, RADIUS + THICK / 2 + TRACK, TRACK)),
        text(words, { x, y: MIDDLE - 6, class: 'strong', anchor: 'middle' }),
        text(`${new Set(arcs.map(([, id]) => id)).size} shards`, {
          x,
          y: MIDDLE + 12,
          class: 'muted small',
          anchor: 'middle',
        }),
        ...(track === null
          ? []
          : [
              text(`${formatShare(lengthOf(track))} changed hands`, {
                x,
                y: MIDDLE + 28,
                class: 'muted small',
                anchor: 'middle',
              }),
            ]),
      ]),
      ...shares(ids, before, after),
    ],
  )
}

/** Which shard, how it is coloured and how much of the ring it has, below the rings. */
function shares(ids: readonly string[], before: Arcs | null, after: Arcs): Svg[] {
  const width = (WIDTH - 40) / 4
  const names = ids.map((id) => cutText(id, 70, 12))
  const room = Math.max(...names.map((name) => boldWidth(name, 12))) + 8
  return ids.flatMap((id, i) => {
    const [x, y] = [20 + (i % 4) * width, MIDDLE + RADIUS + THICK + 40 + Math.floor(i / 4) * 22]
    const [from, to] = [before === null ? null : shareOf(before, id), shareOf(after, id)]
    const { colour, tint } = look(i)
    return [
      el('rect', {
        class: `f${colour}`,
        'fill-opacity': opacityText(tint),
        x,
        y: y - 11,
        width: 13,
        height: 13,
        rx: 2,
      }),
      text(names[i] ?? '', { x: x + 20, y, class: 'small strong' }),
      text(`${from === null ? '' : `${shareText(from)} → `}${shareText(to)}`, {
        x: x + 20 + room,
        y,
        class: 'muted small',
      }),
    ]
  })
}

/** One path per shard: arcs are many. Arcs of no shard ("") are left out. */
function circle(arcs: Arcs, ids: readonly string[], x: number, radius: number, thick: number): Svg[] {
  const point = (turn: number): string => {
    const angle = turn * 2 * Math.PI - Math.PI / 2
    return `${coordinate(x + radius * Math.cos(angle))} ${coordinate(MIDDLE + radius * Math.sin(angle))}`
  }
  return ids.flatMap((id, i) => {
    const pieces = arcs.flatMap(([end, owner], k) => {
      const start = arcs[k - 1]?.[0] ?? 0
      if (owner !== id || end <= start) return []
      // An arc from a point to the same point would be none: a whole turn is drawn as two halves.
      const halves = end - start > 0.5 ? [(start + end) / 2, end] : [end]
      return [`M${point(start)}${halves.map((to) => `A${radius} ${radius} 0 0 1 ${point(to)}`).join('')}`]
    })
    if (pieces.length === 0) return []
    const { colour, tint } = look(i)
    return [
      el('path', {
        class: `s${colour}`,
        fill: 'none',
        'stroke-width': thick,
        'stroke-opacity': opacityText(tint),
        d: pieces.join(''),
      }),
    ]
  })
}

/** Colours begin again as tints: eighteen shards look different from one another. */
function look(index: number): { colour: number; tint: number } {
  return {
    colour: index % SERIES_COLOURS,
    tint: TINTS[Math.floor(index / SERIES_COLOURS) % TINTS.length] ?? 1,
  }
}

/** Neighbours of one shard as one arc: seams between them would look like something. */
function joined(arcs: Arcs): Arcs {
  return arcs.filter(([, owner], i) => arcs[i + 1]?.[1] !== owner)
}

/** The arcs of `after` whose owner was another one before, by their new owner; between them arcs of "". */
export function changed(before: Arcs, after: Arcs): Arcs {
  const result: Arcs = []
  let [i, k] = [0, 0]
  while (i < before.length && k < after.length) {
    const [oldEnd, old] = before[i] ?? [1, '']
    const [newEnd, owner] = after[k] ?? [1, '']
    const end = Math.min(oldEnd, newEnd)
    const mark = old === owner ? '' : owner
    const last = result.at(-1)
    if (last?.[1] === mark) last[0] = end
    else result.push([end, mark])
    if (oldEnd <= end) i += 1
    if (newEnd <= end) k += 1
  }
  return result
}

function shareOf(arcs: Arcs, id: string): number {
  return arcs.reduce((sum, [end, owner], i) => (owner === id ? sum + end - (arcs[i - 1]?.[0] ?? 0) : sum), 0)
}

function shareText(share: number): string {
  return share === 0 ? 'none' : formatShare(share)
}

function lengthOf(arcs: Arcs): number {
  return arcs.reduce((sum, [end, owner], i) => (owner === '' ? sum : sum + end - (arcs[i - 1]?.[0] ?? 0)), 0)
}
