import type { NodeState, NodeStatus } from '../core/stack.js'
import type { Span } from './style.js'
import { renderTable, type TextOptions } from './table.js'

const STATES: Record<NodeState, Span> = {
  starting: ['starting', 'warn'],
  running: ['running'],
  paused: ['paused', 'warn'],
  stopped: ['stopped', 'bad'],
}

/** The nodes of a stack, in the order given. */
export function renderNodes(nodes: readonly NodeStatus[], options: TextOptions): string {
  return renderTable(
    ['node', 'role', 'state', 'url', 'runs as'],
    nodes.map(({ id, role, state, url, handle }) => [id, role, STATES[state], url ?? '-', handle]),
    options,
  )
}

export interface ListRow {
  name: string
  question: string
  /** Expectations that the scenario holds against what it measures. */
  claims: number
}

/** Scenarios, each with its question. */
export function renderList(rows: readonly ListRow[], options: TextOptions): string {
  return renderTable(
    ['scenario', 'question', { title: 'claims', align: 'right' }],
    rows.map(({ name, question, claims }) => [[name, 'strong'], question, String(claims)]),
    options,
  )
}
