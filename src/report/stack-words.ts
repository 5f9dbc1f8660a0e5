import type { RunRecord } from '../core/record.js'
import { formatNumber } from '../core/units.js'
import { shardCount } from '../stats/shards.js'
import { count } from './quantities.js'

/** What was measured, as the subject of a sentence: "3 instances behind nginx", "one instance". */
export function stackWords(record: RunRecord): string {
  const apis = record.nodes.filter((node) => node.role === 'api').length
  const balancer = record.nodes.find((node) => node.role === 'balancer')
  if (apis === 0) return `the system at ${record.target}`
  const instances = apis === 1 ? 'one instance' : count(apis, 'instance')
  const front = balancer === undefined ? instances : `${instances} behind ${wordsOf(balancer)}`
  return `${front}${databaseWords(record)}`
}

function databaseWords(record: RunRecord): string {
  const shards = shardCount(record)
  if (shards !== null) return ` over ${shards === 1 ? 'one shard' : count(shards, 'shard')}${newShards(record)}`
  const servers = record.nodes.filter((node) => node.role === 'database').length
  if (servers === 0) return ''
  return servers === 1 ? ' over one database' : ` over a primary and ${count(servers - 1, 'standby', 'standbys')}`
}

/** " that become 4", where a migration added or removed some. */
function newShards({ reshard }: RunRecord): string {
  const [from, to] = [reshard?.plan.from.shards.length, reshard?.plan.to.shards.length]
  return from === to ? '' : ` that become ${to}`
}

/** Of a run that did not keep it: what ran, without its version. */
function wordsOf({ words, program }: RunRecord['nodes'][number]): string {
  return words ?? program.replace(/[\s:]+v?\d[\w.-]*$/, '')
}

/** The load in a few words: "closed loop, 60 connections", "1,500 requests/s offered". */
export function loadWords(record: RunRecord): string {
  const { load } = record
  if (load.mode === 'closed') return `closed loop, ${count(load.connections, 'connection')}`
  return `open loop, ${load.offered_rps === null ? 'rate unknown' : `${formatNumber(load.offered_rps)} requests/s offered`}`
}
