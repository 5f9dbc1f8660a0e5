import { availableParallelism } from 'node:os'
import { highestRps, type Load } from '../core/load.js'
import { GeneratorProcess } from './generator-process.js'
import { mergeResults, mergeTicks } from './merge.js'
import type { LoadGenerator, LoadRequest, LoadResult, LoadTick } from './port.js'

/** What one generator process is asked for at most when their number is not given and nothing was calibrated, in requests/s. */
const RPS_PER_GENERATOR = 10_000
/** Between the message that starts the clock and its zero, so that every process is ready by then, in milliseconds. */
const LEAD_MS = 30
/** How much ahead a stop is ordered, so that all processes stop at one moment, in milliseconds. */
const STOP_LEAD_MS = 20

export interface LoadGeneratorOptions {
  /** The node to run generators with: process.execPath. */
  nodeBinary: string
  /** The compiled generator-child.js. */
  childEntry: string
  /** What one process is asked for at most when their number is not given, in requests/s. */
  rpsPerGenerator?: number | undefined
}

/** Generates load from child processes; each takes its share of one schedule and of the connections. */
export function createLoadGenerator(options: LoadGeneratorOptions): LoadGenerator {
  return {
    async run(request) {
      const count = generatorCount(request.load, availableParallelism(), options.rpsPerGenerator)
      const processes = Array.from(
        { length: count },
        () => new GeneratorProcess(options.nodeBinary, options.childEntry),
      )
      try {
        return await drive(processes, request)
      } finally {
        // Also those of a run that failed half-way.
        await Promise.all(processes.map((child) => child.end()))
      }
    },
  }
}

/** How many processes generate a load: as asked, or by the highest rate, and no more than there are cores. */
export function generatorCount(load: Load, cores: number, rpsPerGenerator = RPS_PER_GENERATOR): number {
  const wanted =
    load.generators !== 'auto'
      ? load.generators
      : load.mode === 'closed'
        ? 1
        : Math.min(Math.ceil((highestRps(load) ?? 0) / rpsPerGenerator), cores)
  // Each owns keys of its own.
  return Math.max(1, Math.min(wanted, load.connections, load.workload?.keys.count ?? wanted))
}

async function drive(processes: readonly GeneratorProcess[], request: LoadRequest): Promise<LoadResult> {
  const { load, target, tickMs, drainMs, signal, hurry } = request
  const ticks = new TickMerger(processes.length, request.onTick)
  await Promise.all(
    processes.map((child, index) => {
      child.onTick = (tick) => ticks.add(index, tick)
      const { connections } = load
      const share = Math.floor(connections / processes.length) + (index < connections % processes.length ? 1 : 0)
      return child.connect({
        load,
        target,
        tickMs,
        drainMs,
        part: { index, of: processes.length },
        connections: share,
      })
    }),
  )
  const originNs = process.hrtime.bigint() + BigInt(LEAD_MS * 1e6)
  const stop = (): void => {
    const nowMs = Number(process.hrtime.bigint() - originNs) / 1e6
    for (const child of processes) child.stop(nowMs + STOP_LEAD_MS, hurry?.aborted !== true)
  }
  const results = processes.map((child, index) =>
    child.run(originNs).then((result) => {
      ticks.end(index)
      return result
    }),
  )
  request.onStart(originNs)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  hurry?.addEventListener('abort', stop, { once: true })
  try {
    return mergeResults(await Promise.all(results))
  } finally {
    signal.removeEventListener('abort', stop)
    hurry?.removeEventListener('abort', stop)
  }
}

/** Puts the ticks of several processes together: the n-th of each is for the same stretch. */
class TickMerger {
  private readonly queues: LoadTick[][]
  private readonly ended: boolean[]

  constructor(
    count: number,
    private readonly onTick: (tick: LoadTick) => void,
  ) {
    this.queues = Array.from({ length: count }, () => [])
    this.ended = this.queues.map(() => false)
  }

  add(process: number, tick: LoadTick): void {
    this.queues[process]?.push(tick)
    this.flush()
  }

  /** No more will come of this process: it has drained, others may still be at it. */
  end(process: number): void {
    this.ended[process] = true
    this.flush()
  }

  private flush(): void {
    while (this.queues.some((queue) => queue.length > 0)) {
      if (this.queues.some((queue, process) => queue.length === 0 && !this.ended[process])) return
      this.onTick(mergeTicks(this.queues.flatMap((queue) => queue.shift() ?? [])))
    }
  }
}
