import { formatNumber } from '../core/units.js'
import { type Figure, targetNumber } from './figure.js'

/**
 * Runs the parts that the command line names, or all, and prints every figure with its target and the ratio of the two.
 * Exit code 1 when one is missed, 2 for an unknown part. `failover` names `failover-process` and `failover-docker`, too.
 */
export async function runParts(parts: Record<string, () => Promise<Figure[]>>): Promise<void> {
  const names = Object.keys(parts)
  const named = (word: string): string[] => names.filter((name) => name === word || name.startsWith(`${word}-`))
  const words = process.argv.slice(2)
  const unknown = words.filter((word) => named(word).length === 0)
  if (unknown.length > 0) {
    process.stderr.write(`unknown part ${unknown.join(', ')}; there are: ${names.join(', ')}\n`)
    process.exit(2)
  }

  const chosen = words.length === 0 ? names : words.flatMap(named)
  const rows: string[][] = []
  let missed = 0
  for (const name of chosen) {
    process.stderr.write(`${name} ...\n`)
    for (const { figure, target, measured, unit, ok } of (await parts[name]?.()) ?? []) {
      if (!ok) missed += 1
      const ratio = measured / targetNumber(target)
      rows.push([
        name,
        figure,
        target,
        `${formatNumber(measured)} ${unit}`.trim(),
        formatNumber(ratio),
        target === '' ? '' : ok ? 'ok' : 'MISSED',
      ])
    }
  }
  const table = [['part', 'figure', 'target', 'measured', 'ratio', ''], ...rows]
  const widths = table
    .map((row) => row.map((cell) => cell.length))
    .reduce((a, b) => a.map((w, i) => Math.max(w, b[i] ?? 0)))
  for (const row of table) {
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
  }
  process.exitCode = missed === 0 ? 0 : 1
}
