import { type DatabaseView, describeDatabase } from '../core/database-view.js'
import { describeShard, type ShardRefusal, type ShardView } from '../core/shard-view.js'
import type { NodeState, NodeStatus } from '../core/stack.js'
import type { Span } from './style.js'
import { renderTable, type TextOptions } from './table.js'

const STATES: Record<NodeState, Span> = {
  starting: ['starting', 'warn'],
  running: ['running'],
  paused: ['paused', 'warn'],
  stopped: ['stopped', 'bad'],
}

/** A node, and what its database server or shard is at the moment (null: it gives no answer), where that was asked. */
export type NodeRow = NodeStatus & { database?: DatabaseView; shard?: ShardView | ShardRefusal | null }

/** The nodes of a stack, in the order given; of a database server that was asked the role is what it is now. */
export function renderNodes(nodes: readonly NodeRow[], options: TextOptions): string {
  return renderTable(
    ['node', 'role', 'state', { title: 'url', whole: true }, 'runs as'],
    nodes.map((node) => [node.id, roleOf(node), stateSpan(node), node.url ?? '-', node.handle]),
    options,
  )
}

function stateSpan({ state, headless }: NodeRow): Span {
  return headless === true && state === 'running' ? ['running, headless', 'bad'] : STATES[state]
}

function roleOf({ role, state, database, shard }: NodeRow): Span {
  if (shard !== undefined) return shardOf(shard, state)
  // Of one that does not run the state says it all.
  if (database === undefined || (state !== 'running' && !database.fenced)) return [role]
  const text = describeDatabase(database)
  if (database.fenced || database.role === null || database.role === 'old-primary') return [text, 'bad']
  return database.streaming === false ? [text, 'warn'] : [text]
}

function shardOf(shard: ShardView | ShardRefusal | null, state: NodeState): Span {
  if (shard !== null && !('refusal' in shard)) return [describeShard(shard)]
  return state === 'running' ? [describeShard(shard), 'bad'] : ['shard']
}

export interface ListRow {
  name: string
  question: string
  /** Expectations that the scenario holds against what it measures. */
  claims: number
}

/** Scenarios or experiments, each with its question. @param kind what they are, the title of their names */
export function renderList(kind: string, rows: readonly ListRow[], options: TextOptions): string {
  return renderTable(
    [kind, 'question', { title: 'claims', align: 'right' }],
    rows.map(({ name, question, claims }) => [[name, 'strong'], question, String(claims)]),
    options,
  )
}
