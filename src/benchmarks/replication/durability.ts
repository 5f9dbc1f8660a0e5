import { type Run, withCommandLine } from '../command.js'
import { equal, type Figure, info, median } from '../figure.js'
import { drills, total } from './failover.js'

/** 100 kills in all, in every mode in which a commit waits for a standby. */
const KILLS = { 'remote-write': 33, on: 34, 'remote-apply': 33 }
const LOCAL_KILLS = 20

/** Kills of the primary under load: what was acknowledged must be there afterwards wherever commits wait for a standby. */
export async function durability(): Promise<Figure[]> {
  return withCommandLine(async (run) => {
    const figures: Figure[] = []
    for (const [mode, kills] of Object.entries(KILLS)) figures.push(...(await killsIn(run, mode, kills)))
    const lost = figures
      .filter(({ figure }) => figure.includes('lost'))
      .reduce((sum, { measured }) => sum + measured, 0)
    figures.push(equal('acknowledged writes lost in 100 kills, synchronous modes together', lost, 0, 'writes'))
    return [...figures, ...(await killsIn(run, 'local', LOCAL_KILLS))]
  })
}

async function killsIn(run: Run, mode: string, kills: number): Promise<Figure[]> {
  await run('up', 'repl-2', '--engine', 'process', '--durability', mode)
  const trials = await drills(run, 'kill', kills, '--baseline', '500ms')
  await run('down')
  const lost = `${mode}: acknowledged writes lost in ${trials.length} kills`
  return [
    mode === 'local' ? info(lost, total(trials, 'lost'), 'writes') : equal(lost, total(trials, 'lost'), 0, 'writes'),
    info(
      `${mode}: acknowledged writes`,
      trials.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      'writes',
    ),
    info(
      `${mode}: writes of unknown outcome`,
      trials.reduce((sum, { unknown }) => sum + unknown, 0),
      'writes',
    ),
    info(`${mode}: RTO median`, median(trials.map(({ rto_ms }) => rto_ms ?? Number.POSITIVE_INFINITY)), 'ms'),
  ]
}
