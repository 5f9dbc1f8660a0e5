import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fits } from '../../stats/fits/fits.js'
import { CISCO } from '../../stats/testing/cisco.js'
import { CommandLine } from '../testing/command-line.js'

describe('fit', () => {
  let cli: CommandLine
  const write = (name: string, text: string): Promise<void> => writeFile(join(cli.folder, name), text)
  beforeAll(async () => {
    cli = await CommandLine.create()
    await write('cisco.csv', ['n,x', ...CISCO.map(({ n, x }) => `${n},${x}`)].join('\n'))
    await write('few.csv', '# replicas; requests/s\n1;498\n2;951\n3;1402\n')
  })
  afterAll(() => cli.dispose())

  it('gives the published fit of the Cisco routers as JSON, within 0.1 %', async () => {
    const { usl, amdahl } = await cli.json<Fits>('fit', 'cisco.csv', '--json')
    expect(Math.abs((usl?.sigma ?? 0) / 0.02671591 - 1)).toBeLessThan(0.001)
    expect(Math.abs((usl?.kappa ?? 0) / 7.690945e-4 - 1)).toBeLessThan(0.001)
    expect(Math.abs((usl?.gamma ?? 0) / 995.6486 - 1)).toBeLessThan(0.001)
    const [low = 0, high = 0] = usl?.intervals.kappa ?? []
    expect(low).toBeLessThan(7.690945e-4)
    expect(high).toBeGreaterThan(7.690945e-4)
    expect(amdahl.limit).toBeCloseTo(1 / amdahl.sigma, 9)
  })

  it('prints what it means, and writes a report where it is asked to', async () => {
    const out = await cli.ok('fit', 'cisco.csv', '--out', 'my reports')
    expect(out).toContain('Throughput peaks at about n = 36')
    const report = join(cli.folder, /Report: (.*report\.md)/.exec(out)?.[1] ?? '')
    expect(await readdir(dirname(report))).toEqual(
      expect.arrayContaining(['fits.json', 'fitted-speedup.svg', 'report.html', 'report.md']),
    )
    const text = await readFile(report, 'utf8')
    expect(text).toContain("scalelab fit cisco.csv --out 'my reports'")
    // And makes the same again from what it wrote.
    await rm(report)
    await cli.ok('report', dirname(report))
    expect(await readFile(report, 'utf8')).toBe(text)
  })

  it("fits Amdahl's law alone to three levels", async () => {
    const fits = await cli.json<Fits>('fit', 'few.csv', '--json')
    expect(fits).toMatchObject({ usl: null, usl_reason: expect.stringContaining('3 levels'), levels: { length: 3 } })
  })

  it.each([
    ['missing.csv', null, 'there is no file missing.csv'],
    ['word.csv', 'n,x\n1,498\n2,fast\n', 'word.csv, line 3: x is no number: "fast"'],
    ['two.csv', '1,498\n2,951\n2,960\n', 'two.csv has 2 levels of n (1, 2), and a law needs 3 or more'],
  ])('refuses %s with exit code 2', async (name, text, message) => {
    if (text !== null) await write(name, text)
    const { code, stdout, stderr } = await cli.run(['fit', name])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })
})
