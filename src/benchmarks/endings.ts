// node dist/benchmarks/endings.js [--count n] [--seed n] [--side-by-side n] [--only command]: commands are ended at random moments,
// by signals, closed pipes and a parent that is gone; after each nothing may be left, and what was measured is kept. Linux only.
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { seededRandom } from '../core/random.js'
import { LONG_COMMANDS } from './endings/commands.js'
import { Stage } from './endings/ending.js'
import { WAYS } from './endings/ways.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    'side-by-side': { type: 'string', default: '2' },
    only: { type: 'string' },
  },
})
const random = seededRandom(Number(values.seed))
const commands = Object.entries(LONG_COMMANDS).filter(([name]) => values.only === undefined || name === values.only)
// Drawn before anything runs: the same seed makes the same endings, whatever takes how long.
const planned = Array.from({ length: Number(values.count) }, (_, n) => {
  const [name, command] = commands[n % commands.length] ?? []
  const way = WAYS[Math.floor(n / commands.length + random() * WAYS.length) % WAYS.length]
  if (name === undefined || command === undefined || way === undefined) throw new Error(`no command ${values.only}`)
  return { name, command, way, afterMs: Math.round(random() * command.spanMs), json: random() < 0.5 }
})

const counts = new Map<string, { ended: number; before: number; faults: number }>()
let failed = 0
const lane = async (): Promise<void> => {
  const stage = new Stage(await mkdtemp(join(tmpdir(), 'scalelab-endings-')))
  try {
    for (let next = planned.shift(); next !== undefined; next = planned.shift()) {
      const { name, command, way, afterMs, json } = next
      const { cut, faults } = await stage.end(command, way, afterMs, json)
      for (const key of [`command  ${name}`, `ending   ${way.name}`]) {
        const { ended, before, faults: faulty } = counts.get(key) ?? { ended: 0, before: 0, faults: 0 }
        counts.set(key, {
          ended: ended + Number(cut),
          before: before + Number(!cut),
          faults: faulty + Number(faults.length > 0),
        })
      }
      if (faults.length > 0) failed += 1
      process.stderr.write(
        `${planned.length} left: ${name}, ${way.name} after ${afterMs} ms${json ? ', --json' : ''}\n`,
      )
      for (const fault of faults) process.stderr.write(`  FAULT ${fault}\n`)
    }
  } finally {
    await stage.dispose()
  }
}
await Promise.all(Array.from({ length: Number(values['side-by-side']) }, lane))

for (const [key, { ended, before, faults }] of [...counts].sort()) {
  const rest = before === 0 ? '' : `, ${before} had come to their end before`
  process.stdout.write(
    `${key.padEnd(34)} ${String(ended).padStart(4)} ended${rest}${faults === 0 ? '' : `, ${faults} FAULTY`}\n`,
  )
}
process.stdout.write(`${failed === 0 ? 'ok' : 'MISSED'}: ${failed} endings with a fault\n`)
process.exitCode = failed === 0 ? 0 : 1
