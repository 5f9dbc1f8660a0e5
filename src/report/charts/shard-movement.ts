import type { SchemePlan, ShardPlan } from '../../core/shard-plan.js'
import { formatShare } from '../../core/units.js'
import { sumOfSteps } from '../sum-of-steps.js'
import { type Box, opacityText } from './chart.js'
import { spread } from './labels.js'
import { shardLabels } from './names.js'
import { panelChart } from './panels.js'
import { coordinate, el, type Svg, text, textWidth } from './svg.js'

/** Between shards of one stage, and width of a shard, in pixels. */
const GAP = 3
const NODE = 8
const LABELS = 58
/** Bands thinner than this, in pixels, cannot be seen. */
const THINNEST = 0.1
const ROUNDING = 1e-12
/** The bands of more shards than this would hide one another. */
const MOST = 32

const KINDS = {
  stays: { words: 'stays', fill: 'fillplan', opacity: 0.22 },
  necessary: { words: 'moves as shards or weights ask for', fill: 'f0', opacity: 0.55 },
  unnecessary: { words: 'moves without need', fill: 'f1', opacity: 0.55 },
} as const

type Shards = ShardPlan['stages'][number]

interface Band {
  from: string
  to: string
  keys: number
  kind: keyof typeof KINDS
}

/** What moves between the shards from stage to stage, as bands as thick as keys are many; null without a scheme and for over 32 shards. */
export function shardMovement(plan: ShardPlan): Svg | null {
  const most = Math.max(...plan.stages.map((shards) => shards.length))
  if (plan.schemes.length === 0 || plan.keys.count === 0 || most > MOST) return null
  const said = plan.schemes.map(({ steps }) => {
    // What the bands show: every step, and not the one move from first to last.
    const { moved, needless: unnecessary } = sumOfSteps(steps)
    return { moved: formatShare(moved), unnecessary: formatShare(unnecessary) }
  })
  return panelChart({
    title: 'Where keys move',
    subtitle: 'shards before on the left, afterwards on the right; a band is as thick as its keys are many',
    description: plan.schemes
      .map(({ scheme }, i) => `${scheme}: ${said[i]?.moved} move, ${said[i]?.unnecessary} unnecessarily`)
      .join('; '),
    legend: Object.values(KINDS),
    height: Math.max(150, most * 15),
    left: 0,
    below: 14,
    panels: plan.schemes.map((scheme, i) => ({
      title: scheme.scheme,
      note: `${said[i]?.moved} moved${scheme.steps.length > 1 ? ` in ${scheme.steps.length} steps` : ''}, ${said[i]?.unnecessary} unnecessarily`,
      draw: (box) => flow(plan, scheme, box),
    })),
  })
}

/** A shard of a stage: from where to where it reaches, in pixels, and how far bands fill it. */
interface Node {
  id: string
  top: number
  height: number
  left: number
  right: number
}

/** Whether a key need not have moved so: both shards were there and stay, and weights do not ask for it. */
function needless(from: Shards, to: Shards, move: { from: string; to: string }): boolean {
  const growth = (id: string): number | null => {
    const [old, now] = [shareOf(from, id), shareOf(to, id)]
    return old === null || now === null ? null : now - old
  }
  const [source, target] = [growth(move.from), growth(move.to)]
  return source !== null && target !== null && !(source < -ROUNDING && target > ROUNDING)
}

/** By weight; null where there is no such shard. */
function shareOf(shards: Shards, id: string): number | null {
  const weight = shards.find((shard) => shard.id === id)?.weight
  return weight === undefined ? null : weight / shards.reduce((sum, shard) => sum + shard.weight, 0)
}

function flow({ stages, keys: { count } }: ShardPlan, { before, steps }: SchemePlan, plot: Box): Svg[] {
  const held = [before, ...steps.map(({ after }) => after)]
  const ids = [...new Set(stages.flat().map(({ id }) => id))]
  const labels = shardLabels(ids, LABELS - 8, 12)
  const side = Math.max(...labels.map((label) => textWidth(label, 12))) + 8
  const [left, right] = [plot.left + side, plot.right - side - NODE]
  const most = Math.max(...held.map((shards) => shards.length))
  const scale = (plot.bottom - plot.top - (most - 1) * GAP) / count
  const nodes = held.map((shards) => stack(shards, scale, plot))
  const x = (stage: number): number => left + (stage * (right - left)) / (held.length - 1)
  const bands = steps.flatMap((step, i) => {
    const [sources, targets] = [nodes[i] ?? [], nodes[i + 1] ?? []]
    return bandsOf(held[i] ?? [], step, [stages[i] ?? [], stages[i + 1] ?? []]).flatMap((band) => {
      const [source, target] = [sources.find(({ id }) => id === band.from), targets.find(({ id }) => id === band.to)]
      return source === undefined || target === undefined
        ? []
        : draw(band, { x: x(i) + NODE, node: source }, { x: x(i + 1), node: target }, scale)
    })
  })
  const label = (id: string): string => labels[ids.indexOf(id)] ?? id
  return [
    ...bands,
    ...nodes.flatMap((stage, i) =>
      stage.map(({ top, height }) => el('rect', { class: 'fillplan', x: x(i), y: top, width: NODE, height })),
    ),
    ...names(nodes[0] ?? [], plot, label, left - 6, 'end'),
    ...names(nodes.at(-1) ?? [], plot, label, right + NODE + 6, 'start'),
  ]
}

function stack(shards: SchemePlan['before'], scale: number, plot: Box): Node[] {
  const total = shards.reduce((sum, { keys }) => sum + keys * scale, 0) + (shards.length - 1) * GAP
  let top = plot.top + (plot.bottom - plot.top - total) / 2
  return shards.map(({ id, keys }) => {
    const node = { id, top, height: keys * scale, left: top, right: top }
    top += keys * scale + GAP
    return node
  })
}

/** All bands of a step in the order of the shards, what stays among them. */
function bandsOf(
  before: SchemePlan['before'],
  { movement, after }: SchemePlan['steps'][number],
  [from, to]: [Shards, Shards],
): Band[] {
  const is = after.map(({ id }) => id)
  return before.flatMap(({ id, keys }) => {
    const gone = movement.filter((move) => move.from === id)
    const stay = keys - gone.reduce((sum, move) => sum + move.keys, 0)
    const bands = is.map((target): Band => {
      const band = { from: id, to: target }
      if (target === id) return { ...band, keys: stay, kind: 'stays' }
      const moved = gone.reduce((sum, move) => sum + (move.to === target ? move.keys : 0), 0)
      return { ...band, keys: moved, kind: needless(from, to, band) ? 'unnecessary' : 'necessary' }
    })
    return bands.filter((band) => band.keys > 0)
  })
}

function draw(
  { keys, kind }: Band,
  source: { x: number; node: Node },
  target: { x: number; node: Node },
  scale: number,
): Svg[] {
  const thick = keys * scale
  const [a, b] = [source.node.right, target.node.left]
  source.node.right += thick
  target.node.left += thick
  if (thick < THINNEST) return []
  const at = (value: number): string => coordinate(value)
  const middle = at((source.x + target.x) / 2)
  const upper = `M${at(source.x)} ${at(a)}C${middle} ${at(a)} ${middle} ${at(b)} ${at(target.x)} ${at(b)}`
  const lower = `V${at(b + thick)}C${middle} ${at(b + thick)} ${middle} ${at(a + thick)} ${at(source.x)} ${at(a + thick)}Z`
  const { fill, opacity } = KINDS[kind]
  return [el('path', { class: fill, 'fill-opacity': opacityText(opacity), d: `${upper}${lower}` })]
}

function names(
  nodes: readonly Node[],
  plot: Box,
  label: (id: string) => string,
  x: number,
  anchor: 'start' | 'end',
): Svg[] {
  const positions = spread(
    nodes.map(({ top, height }) => top + height / 2),
    13,
    plot.top + 4,
    plot.bottom - 2,
  )
  return nodes.map(({ id }, i) => text(label(id), { x, y: (positions[i] ?? 0) + 4, class: 'small', anchor }))
}
