import type { Snapshot } from '../core/snapshot.js'
import { headerLine, phaseLine, questionLine } from './panels/header.js'
import { instanceHeight, instanceLines } from './panels/instances.js'
import { latencyHead, responseLine, serviceLine } from './panels/latency.js'
import { ledgerLine, ledgerLines } from './panels/ledger.js'
import { migrationHeight, migrationLines } from './panels/migration.js'
import { doubtHeight, doubtLines, eventLines } from './panels/notes.js'
import { achievedLines, errorLines, offeredLine, p99Lines } from './panels/rates.js'
import { replicationHeight, replicationLines } from './panels/replication.js'
import { shardHeight, shardLines } from './panels/shards.js'
import { type Line, type Look, renderLine } from './style.js'

export interface FrameOptions {
  columns: number
  /** Of the terminal; the frame leaves the last one free. */
  rows: number
  look: Look
  /** Shown in place of the question. */
  notice: string | null
}

/** How many lines each part of the frame gets. */
interface Plan {
  question: number
  phase: number
  offered: number
  achieved: number
  p99: number
  errors: number
  latencyHead: number
  response: number
  service: number
  /** 1: in one line; 2: in columns. */
  ledger: number
  instances: number
  replication: number
  shards: number
  migration: number
  doubts: number
  events: number
  gaps: number
}

const NOTHING: Plan = {
  question: 0,
  phase: 0,
  offered: 0,
  achieved: 0,
  p99: 0,
  errors: 0,
  latencyHead: 0,
  response: 0,
  service: 0,
  ledger: 0,
  instances: 0,
  replication: 0,
  shards: 0,
  migration: 0,
  doubts: 0,
  events: 0,
  gaps: 0,
}

/**
 * The dashboard as text: at most rows - 1 lines of at most `columns` cells. Ink wipes the scrollback when a frame is as
 * high as the terminal, so it never is.
 */
export function frame(snapshot: Snapshot, { columns, rows, look, notice }: FrameOptions): string[] {
  const { glyphs } = look
  // One cell stays free at the right: some terminals wrap when the last one is written.
  const width = Math.max(1, columns - 1)
  const height = Math.max(1, rows - 1)
  const plan = makePlan(snapshot, width, height, notice !== null)
  const sections: Line[][] = [
    [
      headerLine(snapshot, width, glyphs),
      ...(plan.question > 0 ? [questionLine(snapshot, notice)] : []),
      ...(plan.phase > 0 ? [phaseLine(snapshot, width, glyphs)] : []),
    ],
    [
      ...(plan.offered > 0 ? [offeredLine(snapshot)] : []),
      ...(plan.achieved > 0 ? achievedLines(snapshot, width, plan.achieved, glyphs) : []),
      ...(plan.p99 > 0 ? p99Lines(snapshot, width, plan.p99, glyphs) : []),
      ...(plan.errors > 0 ? errorLines(snapshot, width, glyphs) : []),
    ],
    [
      ...(plan.latencyHead > 0 ? [latencyHead(width)] : []),
      ...(plan.response > 0 ? [responseLine(snapshot, width)] : []),
      ...(plan.service > 0 ? [serviceLine(snapshot, width)] : []),
    ],
    plan.ledger === 1 ? [ledgerLine(snapshot, width)] : plan.ledger === 2 ? ledgerLines(snapshot) : [],
    instanceLines(snapshot, width, plan.instances, glyphs),
    replicationLines(snapshot, width, plan.replication, glyphs),
    [...shardLines(snapshot, width, plan.shards, glyphs), ...migrationLines(snapshot, width, plan.migration, glyphs)],
    [...doubtLines(snapshot, width, plan.doubts), ...eventLines(snapshot, plan.events)],
  ]
  const filled = sections.filter((section) => section.length > 0)
  const lines = filled.flatMap((section, index) => {
    const gap = index > 0 && index > filled.length - 1 - plan.gaps
    return gap ? [[], ...section] : section
  })
  return lines.slice(0, height).map((line) => renderLine(line, width, look))
}

/** Shares out the lines: what a person needs first comes first, and takes its lines only if they are there. */
function makePlan(snapshot: Snapshot, width: number, height: number, urgent: boolean): Plan {
  let plan = NOTHING
  let left = height - 1
  const take = (part: keyof Plan, upTo: number): void => {
    const more = Math.min(upTo - plan[part], left)
    if (more <= 0) return
    plan = { ...plan, [part]: plan[part] + more }
    left -= more
  }
  const closed = snapshot.mode === 'closed'
  const instances = instanceHeight(snapshot)
  const replication = replicationHeight(snapshot)
  const shards = shardHeight(snapshot)
  const migration = migrationHeight(snapshot)
  const doubts = doubtHeight(snapshot, width)
  const failed = snapshot.ledger.http_error + snapshot.ledger.lost > 0

  take('phase', 1)
  if (urgent) take('question', 1)
  take('achieved', 1)
  take('migration', Math.min(1, migration))
  if (left >= 2) {
    take('latencyHead', 1)
    take('response', 1)
  }
  take('ledger', 1)
  take('doubts', Math.min(1, snapshot.doubts.length))
  if (left >= 2) take('instances', Math.min(replication + shards > 0 ? 3 : 4, instances))
  if (left >= 2) take('replication', Math.min(4, replication))
  if (left >= 2) take('shards', Math.min(5, shards))
  take('migration', migration)
  take('events', 1)
  take('offered', 1)
  take('question', 1)
  // In a closed loop a request is due when it is sent: the two times are one.
  if (!closed) take('service', 1)
  take('events', 2)
  take('doubts', Math.min(2, doubts))
  take('p99', 1)
  take('instances', Math.min(7, instances))
  take('replication', replication)
  take('shards', Math.min(9, shards))
  take('gaps', 2)
  take('ledger', 2)
  take('events', 3)
  take('gaps', 4)
  if (failed) take('errors', 1)
  take('instances', Math.min(12, instances))
  take('shards', shards)
  take('doubts', doubts)
  take('gaps', 5)
  take('achieved', 3)
  take('p99', 2)
  take('errors', 1)
  take('instances', instances)
  take('achieved', 4)
  take('p99', 4)
  take('events', height)
  return plan
}
