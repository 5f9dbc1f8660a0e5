// node dist/benchmarks/start.js: the processor time that commands take to start, beside `node -e 0`, in turns; medians. Exit code
// 1 when a target is missed.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BIN } from './command.js'
import { atMost, type Figure, info, median } from './figure.js'
import { runParts } from './parts.js'
import { processorTimeOf } from './processor-time.js'

const ROUNDS = 15
/** What is waited for at a prompt, and the most that it may take in times of `node -e 0`; others for comparison. */
const COMMANDS: readonly (readonly [command: string, most: number | null])[] = [
  ['--version', 2.5],
  ['--help', 2.5],
  ['list', 4],
  ['ps', 4],
  ['bench --help', null],
]

await runParts({ start })

async function start(): Promise<Figure[]> {
  const cwd = await mkdtemp(join(tmpdir(), 'scalelab-bench-'))
  const secondsOf = async (...args: string[]): Promise<number> =>
    (await processorTimeOf(process.execPath, args, { cwd, env: { SCALELAB_STATE: join(cwd, 'state') } })).seconds
  try {
    const bare: number[] = []
    const taken = COMMANDS.map((): number[] => [])
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await secondsOf('-e', '0'))
      for (const [i, [command]] of COMMANDS.entries()) taken[i]?.push(await secondsOf(BIN, ...command.split(' ')))
    }
    const least = median(bare)
    const figures = COMMANDS.map(([command, most], i) => {
      const times = median(taken[i] ?? []) / least
      const figure = `scalelab ${command}: processor time over that of node -e 0, median of ${ROUNDS}`
      return most === null ? info(figure, times, 'x') : atMost(figure, times, most, 'x')
    })
    return [info(`node -e 0: processor time, median of ${ROUNDS}`, least * 1_000, 'ms'), ...figures]
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}
