import { dockerWorks, type Run, withCommandLine } from '../command.js'
import { atMost, type Figure, info, median, percentile } from '../figure.js'

const TRIALS = { process: 20, docker: 10 }

/** The whole command `scalelab up repl-2`, from its start to the prompt: streaming and serving. */
export async function start(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    // The first one makes the template that the others begin from.
    const first = await secondsOfUp(run, 'process', 1)
    const figures = [info('the first up repl-2 on processes, which makes the template', first[0] ?? Number.NaN, 's')]
    figures.push(...figuresOf('processes', await secondsOfUp(run, 'process', TRIALS.process), 2))
    if (!(await dockerWorks(run))) return figures
    return [...figures, ...figuresOf('Docker', await secondsOfUp(run, 'docker', TRIALS.docker), 8)]
  })
}

function figuresOf(where: string, seconds: number[], limit: number): Figure[] {
  return [
    atMost(`up repl-2 on ${where}, p95 of ${seconds.length}`, percentile(seconds, 95), limit, 's'),
    info(`up repl-2 on ${where}, median`, median(seconds), 's'),
  ]
}

async function secondsOfUp(run: Run, engine: string, trials: number): Promise<number[]> {
  const seconds: number[] = []
  for (let trial = 0; trial < trials; trial++) {
    const began = performance.now()
    await run('up', 'repl-2', '--engine', engine)
    seconds.push((performance.now() - began) / 1_000)
    await run('down')
  }
  return seconds
}
