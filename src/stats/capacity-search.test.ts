import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential, seededRandom } from '../core/random.js'
import { MOST_VOID, nextStep, type RateProbe, type SearchOptions, type SearchStep } from './capacity-search.js'
import { nearestRank } from './quantiles.js'

const OPTIONS: SearchOptions = { maximum: 1_000, precision: 0.02, confirm: 3, limit: 60 }

type Done = Extract<SearchStep, { kind: 'done' }>

/** Searches a system to the end. */
function search(
  answer: (rps: number, index: number) => boolean | null,
  changes: Partial<SearchOptions> = {},
): { probes: RateProbe[]; phases: string[]; done: Done } {
  const options = { ...OPTIONS, ...changes }
  const probes: RateProbe[] = []
  const phases: string[] = []
  while (true) {
    const step = nextStep(probes, options)
    if (step.kind === 'done') return { probes, phases, done: step }
    // Against a search without an end: the limit is the search's own affair.
    if (probes.length > options.limit) throw new Error('the search goes beyond its limit')
    phases.push(step.phase)
    probes.push({ rps: step.rps, holds: answer(step.rps, probes.length) })
  }
}

/** A normal draw (Box and Muller, 1958). */
function normal(random: () => number): number {
  return Math.sqrt(2 * exponential(random, 1)) * Math.cos(2 * Math.PI * random())
}

const upTo =
  (limit: number) =>
  (rps: number): boolean =>
    rps <= limit

describe('nextStep', () => {
  it('doubles from a quarter of the maximum, bisects, and confirms both ends', () => {
    const { probes, phases, done } = search(upTo(700), { precision: 0.03 })
    expect(probes.map(({ rps }) => rps)).toEqual([
      ...[250, 500, 750, 625, 687.5, 718.75, 703.13],
      ...[687.5, 687.5, 703.13],
    ])
    expect(phases).toEqual([
      ...['bracket', 'bracket', 'bisection', 'bisection', 'bisection', 'bisection', 'bisection'],
      ...['confirmation', 'confirmation', 'confirmation'],
    ])
    expect(done).toEqual({
      kind: 'done',
      outcome: 'confirmed',
      capacity: 687.5,
      bracket: { low: 687.5, high: 703.13 },
    })
  })

  it('halves where the first rate does not hold', () => {
    const { probes, done } = search(upTo(40))
    expect(probes.slice(0, 4).map(({ rps }) => rps)).toEqual([250, 125, 62.5, 31.25])
    expect(done.outcome).toBe('confirmed')
    expect(done.capacity).toBeGreaterThan(39)
    expect(done.capacity).toBeLessThanOrEqual(40)
  })

  it('says that nothing holds once the smallest rate has failed twice', () => {
    const { probes, done } = search(() => false)
    expect(done).toMatchObject({ outcome: 'nothing holds', capacity: null, bracket: { low: 0 } })
    expect(probes.filter(({ rps }) => rps === Math.min(...probes.map((probe) => probe.rps)))).toHaveLength(2)
  })

  it('ends just below the maximum where everything holds, which it never probes', () => {
    const { probes, done } = search(() => true)
    expect(done.outcome).toBe('holds up to the maximum')
    expect(done.capacity).toBeGreaterThanOrEqual(980)
    expect(Math.max(...probes.map(({ rps }) => rps))).toBeLessThan(1_000)
  })

  it('probes again while the laboratory is in doubt, and gives up when it stays so', () => {
    const once = search((rps, index) => (index === 3 ? null : rps <= 700))
    expect(once.probes[4]?.rps).toBe(once.probes[3]?.rps)
    expect(once.phases[4]).toBe('repeat')
    expect(once.done).toMatchObject({ outcome: 'confirmed', capacity: 695.32 })
    const { probes, done } = search((rps) => (rps > 600 ? null : true))
    expect(done).toMatchObject({ outcome: 'laboratory in doubt', capacity: null, bracket: { low: 500, high: 1_000 } })
    expect(probes.slice(-MOST_VOID).every(({ rps, holds }) => rps === 750 && holds === null)).toBe(true)
  })

  it('stops at its limit, and names what held so far', () => {
    const { probes, done } = search(upTo(700), { limit: 5 })
    expect(probes).toHaveLength(5)
    expect(done).toMatchObject({ outcome: 'probe limit', capacity: 687.5 })
  })

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('is not led astray when probe %d is turned round by chance', (flipped) => {
    const { done } = search((rps, index) => rps <= 700 !== (index === flipped))
    expect(done.outcome).toBe('confirmed')
    expect((done.capacity ?? 0) / 700).toBeGreaterThan(0.96)
    expect((done.capacity ?? 0) / 700).toBeLessThanOrEqual(1)
  })

  it('needs a majority at the answer: a rate that holds once in four times is none', () => {
    const { probes, done } = search((rps, index) => rps <= 600 || (rps < 690 && index % 4 === 0))
    const own = probes.filter(({ rps }) => rps === done.capacity)
    expect(own.filter(({ holds }) => holds).length).toBeGreaterThan(own.length / 2)
    expect(done.capacity).toBeLessThanOrEqual(690)
  })

  it('tells how many probes are left, never more than are allowed', () => {
    const step = nextStep([{ rps: 250, holds: true }], { ...OPTIONS, limit: 4 })
    expect(step).toMatchObject({ kind: 'probe', probesLeft: 3 })
  })

  const options = fc.record({
    maximum: fc.double({ min: 5, max: 50_000, noNaN: true }),
    precision: fc.double({ min: 0.005, max: 0.3, noNaN: true }),
    confirm: fc.integer({ min: 0, max: 5 }),
    limit: fc.integer({ min: 4, max: 80 }),
  })

  it('ends within its limit whatever is answered, and asks for rates between 0 and the maximum alone', () => {
    fc.assert(
      fc.property(options, fc.infiniteStream(fc.constantFrom(true, false, null)), (changes, answers) => {
        const { probes, done } = search(() => answers.next().value ?? null, changes)
        expect(probes.length).toBeLessThanOrEqual(changes.limit)
        for (const { rps } of probes) {
          expect(rps).toBeGreaterThan(0)
          expect(rps).toBeLessThan(changes.maximum)
        }
        expect(done.bracket.low).toBeLessThan(done.bracket.high)
        if (done.capacity !== null) expect(done.capacity).toBe(done.bracket.low)
      }),
    )
  })

  it('finds a sharp limit to within the precision, and more where more holds', () => {
    fc.assert(
      fc.property(options, fc.double({ min: 0.02, max: 0.999, noNaN: true }), (changes, share) => {
        const limit = changes.maximum * share
        const find = (least: number): number => search(upTo(least), { ...changes, limit: 80 }).done.capacity ?? 0
        const found = find(limit)
        expect(found).toBeLessThanOrEqual(limit)
        // Rates have five digits.
        expect(found).toBeGreaterThanOrEqual(limit * (1 - changes.precision) * 0.9998)
        expect(find(limit * 1.1)).toBeGreaterThanOrEqual(found)
      }),
    )
  })

  it('lands within 5 % of the limit where p99 has a noise of 10 %', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
        const random = seededRandom(seed)
        // M/M/1: p99 = ln 100 / (mu - lambda); at most 50 ms up to 0.908 of a mu of 1,000/s.
        const truth = 1_000 - Math.log(100) / 0.05
        const p99 = (rps: number): number => (Math.log(100) / (1_000 - rps)) * 1_000 * Math.exp(0.1 * normal(random))
        const { done } = search((rps) => p99(rps) < 50)
        expect(done.outcome).toBe('confirmed')
        expect(Math.abs((done.capacity ?? 0) / truth - 1)).toBeLessThan(0.05)
      }),
      { numRuns: 300 },
    )
  })

  it('lands near theory on three exponential servers behind round robin, simulated for 8 s a probe', () => {
    // E3/M/1: p99 = ln 100 / (mu (1 - sigma)), sigma = (3 lambda / (3 lambda + mu (1 - sigma)))^3; 50 ms at 0.8735 of 1,500/s.
    const errors = Array.from({ length: 12 }, (_, seed) => {
      const random = seededRandom(seed + 1)
      const { done } = search((rps) => p99OfThree(rps, random) < 50, { maximum: 1_480 })
      expect(done.outcome).toBe('confirmed')
      return (done.capacity ?? 0) / (0.8735 * 1_500) - 1
    })
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
    expect(Math.abs(mean)).toBeLessThan(0.015)
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.07)
    expect(errors.filter((error) => Math.abs(error) > 0.05).length).toBeLessThanOrEqual(1)
  })
})

/** p99 of the response time over 8 s after 2 s of warm-up, in milliseconds. */
function p99OfThree(rps: number, random: () => number): number {
  const free = [0, 0, 0]
  const times: number[] = []
  let t = 0
  for (let i = 0; t < 10_000; i++) {
    t += exponential(random, 1_000 / rps)
    const done = Math.max(t, free[i % 3] ?? 0) + exponential(random, 2)
    free[i % 3] = done
    if (t > 2_000) times.push(done - t)
  }
  return nearestRank(times, 0.99) ?? 0
}
