import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../core/record.js'
import { repeatCommand } from './command.js'
import * as records from './testing/records.js'
import { drillRecord, replicatedRecord } from './testing/replicated-records.js'

/** The command as the shell sees it, its lines joined. */
const joined = (record: RunRecord): string => repeatCommand(record).replaceAll(' \\\n  ', ' ')

describe('repeatCommand', () => {
  it('repeats a closed loop of a balanced stack', () => {
    expect(joined(records.lb3())).toBe(
      'scalelab bench lb-3 --engine process --balancer nginx --strategy round-robin --work model --service-time 2ms ' +
        '--distribution exp --max --duration 10s --connections 60 --warmup 2s --seed 1',
    )
  })

  it('repeats weights at a rate', () => {
    const command = joined(records.weighted())
    expect(command).toContain('--strategy weighted --weights 3,1,1')
    expect(command).toContain('--rps 600 --duration 10s --arrival uniform')
  })

  it('repeats stages against a running system', () => {
    expect(joined(records.external())).toBe(
      'scalelab bench --url http://192.0.2.10:8000/api/products --stages 4s:200,4s:400 --arrival uniform --connections 20 --warmup 2s --seed 5',
    )
  })

  it('quotes an own application for the shell, and leaves the sample work out', () => {
    const command = joined(records.ownApplication())
    expect(command).toContain("--app 'uvicorn main:app --port {port}'")
    expect(command).not.toContain('--work')
    const record = records.ownApplication()
    const app = { command: "sh -c 'serve {port}'" }
    expect(joined({ ...record, parameters: { ...record.parameters, app } })).toContain(
      `--app 'sh -c '\\''serve {port}'\\'''`,
    )
  })

  it('repeats an interrupted run at its full length, and names what is not the default', () => {
    const record = records.interrupted()
    const load = { ...record.load, timeout_ms: 2_500, clients: 30, generators: 2, warmup_ms: 0 }
    const command = joined({ ...record, load })
    expect(command).toContain('--rps 1200 --duration 30s')
    expect(command).toContain('--warmup 0ms --timeout 2500ms --clients 30 --generators 2')
  })

  it('injects the same faults', () => {
    expect(joined(records.outage())).toMatch(/--at '6s kill api-1' --at '11s restore api-1'$/)
  })

  it('repeats a mix on a replicated stack, its standbys by the name of the scenario', () => {
    const record = replicatedRecord({
      standbys: 3,
      database: {
        rows: 500,
        durability: 'on',
        sync_standbys: 'FIRST 1 (standby-1)',
        reads: 'primary',
        pool: 2,
        query_ms: 1.5,
        apply_delay_ms: 250,
        cpus: 0.5,
      },
    })
    expect(joined(record)).toBe(
      'scalelab bench repl-3 --engine process --balancer nginx --strategy round-robin --work none --rows 500 ' +
        "--durability on --sync-standbys 'FIRST 1 (standby-1)' --reads primary --pool 2 --query-time 1.5ms " +
        '--db-cpus 0.5 --apply-delay 250ms --rps 300 --duration 10s --arrival uniform --connections 60 --warmup 2s ' +
        '--mix read:60,browse:10,stock:10,write:15,order:5 --keys zipf:0.99 --key-count 10000 --seed 21',
    )
    const { workload } = record.load
    if (workload === undefined) throw new Error('a replicated run has a mix')
    const strong = { ...workload, consistency: 'strong', keys: { ...workload.keys, distribution: 'uniform' } }
    expect(joined({ ...record, load: { ...record.load, workload: strong } })).toContain(
      '--keys uniform --key-count 10000 --consistency strong',
    )
  })

  it('repeats a drill on a stack of its own, the primary by its role', () => {
    const [up = '', drill = ''] = joined(drillRecord({ node: 'standby-2', fault: 'pause' })).split('\n')
    expect(up).toBe(
      'scalelab up repl-2 --engine process --balancer nginx --strategy round-robin --work none --rows 10000 ' +
        '--durability local --reads standbys --pool 10',
    )
    expect(drill).toBe(
      'scalelab failover primary --fault pause --detect-interval 100ms --detect-misses 3 --rps 300 ' +
        '--mix read:60,browse:10,stock:10,write:15,order:5 --keys zipf:0.99 --key-count 10000 --connections 60 --seed 31',
    )
    const standby = drillRecord({ role: 'standby', node: 'standby-2' })
    expect(joined(standby)).toContain('scalelab failover standby-2 --fault kill')
  })

  it('keeps its lines short, each but the last ending in a backslash', () => {
    const lines = repeatCommand(records.lb3()).split('\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const [i, line] of lines.entries()) {
      expect(line.length).toBeLessThanOrEqual(98)
      expect(line.endsWith(' \\')).toBe(i < lines.length - 1)
    }
  })
})
