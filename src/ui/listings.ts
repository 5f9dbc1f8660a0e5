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
  text: string
}

/** Things that can be asked for by name, each with a sentence about it. */
export function renderList(titles: readonly [string, string], rows: readonly ListRow[], options: TextOptions): string {
  return renderTable(
    titles,
    rows.map(({ name, text }) => [[name, 'strong'], text]),
    options,
  )
}
