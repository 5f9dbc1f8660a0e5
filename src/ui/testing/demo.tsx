// The dashboard with a made-up run, to look at and for the tests in a pseudo-terminal:
//   npx esbuild src/ui/testing/demo.tsx --bundle --platform=node --format=esm --packages=external --outfile=node_modules/.cache/demo.mjs
//   node node_modules/.cache/demo.mjs [--instances 12] [--closed] [--url] [--speed 4] [--measured 60000] [--databases 3] [--shards 4] [--moves] [--no-colour] [--ascii]
// It says at its end how much of a core it took.
import { createDashboard } from '../dashboard.js'
import { type MadeUpRun, madeUpRun } from './snapshots.js'

const args = process.argv.slice(2)
const has = (name: string): boolean => args.includes(name)
const number = (name: string, otherwise: number): number => {
  const at = args.indexOf(name)
  return at < 0 ? otherwise : Number(args[at + 1])
}

const run: Partial<MadeUpRun> = {
  instances: number('--instances', 3),
  mode: has('--closed') ? 'closed' : 'open',
  tellsInstances: !has('--url'),
  measuredMs: number('--measured', 30_000),
  databases: number('--databases', 0),
  shards: number('--shards', 0),
  moves: has('--moves'),
}
const snapshots = madeUpRun(run)
const everyMs = 500 / number('--speed', 1)

let interrupts = 0
const view = createDashboard({
  stdout: process.stdout,
  stdin: process.stdin,
  colour: !has('--no-colour'),
  unicode: !has('--ascii'),
  onInterrupt: () => {
    interrupts += 1
    if (interrupts > 1) void finish('aborted')
  },
})

async function finish(word: string): Promise<void> {
  clearInterval(timer)
  await view.close()
  const { user, system } = process.cpuUsage(started)
  const share = ((user + system) / 1_000 / (performance.now() - startedAt)) * 100
  console.log(`demo ${word} after ${interrupts} interrupts; processor ${share.toFixed(2)} % of a core`)
}

const started = process.cpuUsage()
const startedAt = performance.now()
let next = 0
const step = (): void => {
  const snapshot = snapshots[next]
  if (snapshot !== undefined) view.update(snapshot)
  next += 1
  if (has('--throw') && next === 5) throw new Error('thrown on purpose')
  if (next >= number('--stop-at', snapshots.length) && has('--hold')) clearInterval(timer)
  else if (next >= snapshots.length) void finish('done')
}
const timer = setInterval(step, everyMs)
step()
