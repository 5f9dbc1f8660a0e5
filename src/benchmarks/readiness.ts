import { dockerWorks, type Run, withCommandLine } from './command.js'
import { atMost, type Figure, info, median } from './figure.js'

const TRIALS = 7

/** The whole command `scalelab up lb-3`, from its start to the prompt, on every engine that works here. */
export async function readiness(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const onProcesses = await secondsOfUp(run, 'process')
    const figures = [
      atMost(`up lb-3 on processes, median of ${TRIALS}`, median(onProcesses), 1.5, 's'),
      info('up lb-3 on processes, slowest', Math.max(...onProcesses), 's'),
    ]
    if (!(await dockerWorks(run))) return figures
    const onDocker = await secondsOfUp(run, 'docker')
    return [
      ...figures,
      atMost(`up lb-3 on Docker, images present, median of ${TRIALS}`, median(onDocker), 5, 's'),
      info('up lb-3 on Docker, slowest', Math.max(...onDocker), 's'),
    ]
  })
}

async function secondsOfUp(run: Run, engine: string): Promise<number[]> {
  const seconds: number[] = []
  for (let trial = 0; trial < TRIALS; trial++) {
    const name = `ready-${process.pid}`
    const began = performance.now()
    await run('up', 'lb-3', '--engine', engine, '--name', name)
    seconds.push((performance.now() - began) / 1_000)
    await run('down', name)
  }
  return seconds
}
