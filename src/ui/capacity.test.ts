import { describe, expect, it } from 'vitest'
import type { CapacityProbe } from '../core/capacity.js'
import { maximumLine, probeLine, probingLine } from './capacity.js'
import { displayWidth } from './width.js'

const PROBE: CapacityProbe = {
  rps: 1_264.9,
  phase: 'bisection',
  holds: true,
  reason: null,
  p50_ms: 11.94,
  p95_ms: 33.1,
  p99_ms: 46.71,
  achieved_rps: 1_263.2,
  errors: 0,
  doubts: [],
  validity: [],
  seed: 5,
  idle_after_ms: 2,
  run: 'runs/lb-3/now',
}
const MISSED: Partial<CapacityProbe> = {
  holds: false,
  reason: 'p99<50ms missed with 83 ms; overloaded',
  p99_ms: 83,
  errors: 0.004,
}
const VOID: Partial<CapacityProbe> = {
  holds: null,
  reason: 'generator-limited; host-limited; p99<50ms missed with 83 ms',
  p99_ms: 83,
}

const line = (changes: Partial<CapacityProbe>, width = 80): string =>
  probeLine({ ...PROBE, ...changes }, { width, colour: false })

describe('the lines of a search', () => {
  it('say of each probe whether the objective held, with the figures, and what else was wrong', () => {
    expect([line({}), line(MISSED), line({ ...VOID, phase: 'repeat' })]).toEqual([
      'bisection       1,265/s  holds     p99 46.7 ms, p50 11.9 ms',
      'bisection       1,265/s  missed    p99 83.0 ms, errors 0.4 %; overloaded',
      'repeat          1,265/s  in doubt  p99 83.0 ms; generator-limited; host-limited',
    ])
  })

  it.each([40, 60, 80])('fit into %d columns', (width) => {
    for (const changes of [{}, MISSED, VOID]) expect(displayWidth(line(changes, width))).toBeLessThanOrEqual(width)
  })

  it('say what the closed loop reached, and when it is not to be trusted', () => {
    const maximum = { connections: 200, duration_ms: 4_000, doubts: [] as string[], validity: [], run: '' }
    const of = (doubts: string[]): string =>
      maximumLine({ maximum_rps: 1_446.2, maximum: { ...maximum, doubts } }, { width: 80, colour: false })
    expect(of([])).toBe('closed loop     1,446/s  reached   over 200 connections')
    // A closed loop that is not steady is no worse as an upper end.
    expect(of(['not steady'])).toBe(of([]))
    expect(of(['host-limited'])).toBe('closed loop     1,446/s  in doubt  host-limited')
  })

  it('say where the answer lies so far, and how long it will take', () => {
    const step = { rps: 1_084.4, phase: 'bisection', bracket: { low: 723, high: 1_446 } }
    expect(probingLine(step, 110_000)).toBe('bisection at 1,084/s; between 723 and 1,446/s, about 1 min 50 s left')
    expect(probingLine(step, null)).toBe('bisection at 1,084/s; between 723 and 1,446/s')
  })
})
