import type { ActionRecord, FaultRecord } from './actions.js'
import type { RunRecord } from './record.js'

/** What was done to the stack of a run while the load ran, in the order in which it was asked for; also of old records. */
export function actionsOf({
  actions,
  faults = [],
  events = [],
  load,
}: Pick<RunRecord, 'actions' | 'faults'> & Partial<Pick<RunRecord, 'events' | 'load'>>): readonly ActionRecord[] {
  if (actions !== undefined) return actions
  return faults.flatMap((fault, index) => actionsOfFault(fault, index, events, load?.warmup_ms ?? 0))
}

/** Events say when it struck and when the node was back. */
function actionsOfFault(
  { fault, node, at_ms, for_ms }: FaultRecord,
  index: number,
  events: RunRecord['events'],
  warmupMs: number,
): ActionRecord[] {
  const asked = warmupMs + at_ms
  const [strike] = events
    .filter(({ text }) => text === `${fault} ${node}`)
    .toSorted((a, b) => Math.abs(a.t_ms - asked) - Math.abs(b.t_ms - asked))
  const back = strike && events.find(({ t_ms, text }) => t_ms >= strike.t_ms && text === `${node} is back`)
  const row = (kind: string, asked_ms: number, t_ms: number | null): ActionRecord => ({
    ...{ action: `${kind} ${node}`, kind, node, by: 'timeline', asked_ms, began_ms: t_ms, ended_ms: t_ms },
    outcome: t_ms === null ? 'left out' : 'done',
  })
  return [
    row(fault === 'pause' ? 'freeze' : fault, asked, strike?.t_ms ?? null),
    { ...row('restore', asked + for_ms, back?.t_ms ?? null), undoes: 2 * index + 1 },
  ]
}
