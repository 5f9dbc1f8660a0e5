import { describe, expect, it } from 'vitest'
import type { RunRecord } from '../core/record.js'
import { repeatCommand } from './command.js'
import * as records from './testing/records.js'

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
    expect(joined(records.outage())).toMatch(/--fault kill:api-1@6s\+5s$/)
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
