import { cpus } from 'node:os'
import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { number } from '../../core/parameters/kinds.js'
import { parseDuration } from '../../core/units.js'
import { writeGuard } from '../../lab/report-files.js'
import { controlOf, isSharded } from '../../lab/stack/databases.js'
import { guardLock, theStack } from '../../lab/stack/running-stacks.js'
import { DEFAULT_DETECTOR } from '../../replication/detector.js'
import { guard } from '../../replication/guard.js'
import { withLock } from '../../store/lock.js'
import type { Lab } from '../lab.js'

interface GuardFlags {
  stack?: string
  detectInterval: string
  detectMisses: string
  compare: string
  for?: string
  freezes: string
  observe?: boolean
  out: string
  json?: boolean
}

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Watches the primary of the running stack. When it fails a standby takes over and the old one comes back as a standby. Ends with Ctrl-C or after --for, and writes how often it was wrong: detection time against false alarms, for several probe intervals.',
    )
    .option('--stack <name>', 'which running stack, when several run')
    .option(
      '--detect-interval <time>',
      'between two probes, and how long an answer may take',
      `${DEFAULT_DETECTOR.intervalMs}ms`,
    )
    .option('--detect-misses <n>', 'so many unanswered probes in a row are a failure', String(DEFAULT_DETECTOR.misses))
    .option('--compare <list>', 'probe intervals that watch beside it and only count', '50ms,250ms,1s')
    .option('--for <time>', 'how long, as in 10m (default: until Ctrl-C)')
    .option('--freezes <n>', 'freeze the primary so many times first, to measure detection (service stops)', '0')
    .option('--observe', 'never act, only count')
    .option('--out <dir>', 'where reports go', 'reports')
    .option('--json', 'the result as JSON on stdout, and nothing else there')
    .addHelpText(
      'after',
      `
Examples:
  $ scalelab guard                                   until Ctrl-C
  $ scalelab guard --for 10m --freezes 5             with the table of detection time against false alarms
  $ scalelab guard --observe --detect-interval 50ms  would it have been right?`,
    )
    .action((flags: GuardFlags) => watch(lab, flags))
}

async function watch(lab: Lab, flags: GuardFlags): Promise<void> {
  const settings = {
    intervalMs: interval('--detect-interval', flags.detectInterval),
    misses: number('--detect-misses', flags.detectMisses, 1, 100),
  }
  const compared = flags.compare
    .split(',')
    .filter((text) => text !== '')
    .map((text) => interval('--compare', text.trim()))
    .filter((ms) => ms !== settings.intervalMs)
    .map((intervalMs) => ({ ...settings, intervalMs }))
  const freezes = number('--freezes', flags.freezes, 0, 1_000)
  const length = flags.for === undefined ? null : parseDuration(flags.for, '--for')
  const acts = flags.observe !== true
  const stack = await theStack(await lab.allEngines(), flags.stack)
  if (isSharded(stack)) {
    throw usageError(
      `${stack.meta.name} is a stack of shards: each is the only server of its keys, so there is nothing to fail over to`,
      'Bring a stack up that has standbys: scalelab up repl-2',
    )
  }
  const control = controlOf(lab, stack)
  if ((await control.members()).length === 0) {
    throw usageError(`${stack.meta.name} has no databases to watch`, 'Bring one up that has: scalelab up repl-2')
  }
  let interrupted = false
  await withLock(lab.os.stateDir, guardLock(stack.meta.name), async () => {
    const before = cpus()
    const startedAt = new Date().toISOString()
    const result = await guard({
      control,
      settings,
      compared,
      freezes,
      acts,
      pause: (node) => stack.pause(node),
      resume: (node) => stack.resume(node),
      onEvent: (_level, text) => lab.remark(`${new Date().toISOString().slice(11, 23)}  ${text}`),
      lengthMs: length,
      signal: lab.os.signal,
    })
    interrupted = lab.os.signal.aborted
    const asked = { stack: stack.meta.name, started_at: startedAt, length_ms: length, freezes, acts }
    const report = await writeGuard(flags.out, {
      ...(await lab.signed()),
      ...asked,
      ...result,
      host: hostSince(before),
    })
    if (flags.json === true) lab.document({ ...result, report })
    else {
      const [{ guardLead }, { leadText }, { renderLead }] = await Promise.all([
        import('../../report/detection.js'),
        import('../../report/lead.js'),
        import('../../ui/summary.js'),
      ])
      lab.print(`${renderLead(leadText(guardLead({ ...asked, ...result })), lab.look())}\nReport: ${report}`)
    }
  })
  // A reader that went away while the result was written has missed nothing of the watch.
  if (interrupted) lab.os.signal.throwIfAborted()
}

function interval(flag: string, text: string): number {
  const ms = parseDuration(text, flag)
  if (ms < 10 || ms > 60_000) throw usageError(`${flag}: ${text} is not from 10ms to 60s`)
  return ms
}

/** The machine, and how busy it was since an earlier look. */
function hostSince(before: ReturnType<typeof cpus>): { cores: number; cpu: string; cpu_share: number | null } {
  const now = cpus()
  const total = (cores: typeof now, of: (times: (typeof now)[number]['times']) => number): number =>
    cores.reduce((sum, { times }) => sum + of(times), 0)
  const all = (times: (typeof now)[number]['times']): number =>
    times.user + times.nice + times.sys + times.idle + times.irq
  const passed = total(now, all) - total(before, all)
  const idle = total(now, ({ idle }) => idle) - total(before, ({ idle }) => idle)
  return {
    cores: now.length,
    cpu: now[0]?.model.trim() ?? 'unknown',
    cpu_share: passed <= 0 ? null : Math.round((1 - idle / passed) * 1_000) / 1_000,
  }
}
