import { Command } from 'commander'
import { addAuthorOption } from './author.js'
import { checkOut } from './check-out.js'
import { addBench } from './commands/bench.js'
import { addCapacity } from './commands/capacity.js'
import { addClaims } from './commands/claims.js'
import { addClean } from './commands/clean.js'
import { addCompare } from './commands/compare.js'
import { addCompletion } from './commands/completion.js'
import { addCompose } from './commands/compose.js'
import { addDoctor } from './commands/doctor.js'
import { addDown } from './commands/down.js'
import { addFailover } from './commands/failover.js'
import { addFit } from './commands/fit.js'
import { addGuard } from './commands/guard.js'
import { addList } from './commands/list.js'
import { addLogs } from './commands/logs.js'
import { addPs } from './commands/ps.js'
import { addReport } from './commands/report.js'
import { addReshard } from './commands/reshard.js'
import { addRun } from './commands/run.js'
import { addScale } from './commands/scale.js'
import { addScaling } from './commands/scaling.js'
import { addSchema } from './commands/schema.js'
import { addShards } from './commands/shards.js'
import { addSql } from './commands/sql.js'
import { addUp } from './commands/up.js'
import { createLab } from './lab.js'
import type { Os } from './os.js'
import type { Result } from './result.js'
import { refuseRepeated } from './single-values.js'

const EXIT_CODES = `
Exit codes:
  0    done
  1    a bug in scalelab
  2    usage: a wrong name, flag or file
  3    environment: something is missing or taken on this machine
  4    the run failed
  5    an objective of --slo was missed, or a claim with --strict
  130  interrupted: Ctrl-C, SIGTERM, SIGHUP, a reader or a caller that is gone`

const EXAMPLES = `
Examples:
  $ scalelab bench single lb-3          one API against nginx with three replicas
  $ scalelab up lb-3                    bring a stack up and keep it
  $ scalelab bench --rps 1500           load the running stack
  $ scalelab compare single lb-3        the same in blocks of runs, with intervals and a verdict
  $ scalelab capacity lb-3              the highest rate with p99 below 50 ms
  $ scalelab failover standby-1         on repl-2: a standby dies under load
  $ scalelab ps                         what is running, and where
  $ scalelab down                       take it down`

/** The whole command line. @param result told what the command comes to */
export function createProgram(os: Os, result: Result): Command {
  const program = new Command('scalelab')
    .description('A lab for scaling experiments on real parts: stacks, load, a live view, and a report.')
    .version(os.version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, helpWidth: Math.min(os.stdout.columns ?? 100, 110) })
    .configureOutput({
      writeOut: (text) => os.stdout.write(text),
      writeErr: (text) => os.stderr.write(text),
    })
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`)
  program.hook('preAction', (_, command) => {
    result.json = command.opts().json === true
  })
  let author: string | undefined
  const lab = createLab(os, result, () => author)
  const commands = [
    addList,
    addUp,
    addPs,
    addBench,
    addCompare,
    addRun,
    addScaling,
    addClaims,
    addCapacity,
    addFailover,
    addGuard,
    addReshard,
    addReport,
    addFit,
    addScale,
    addShards,
    addSql,
    addLogs,
    addDown,
    addClean,
    addCompose,
    addDoctor,
    addSchema,
    addCompletion,
  ]
  for (const add of commands) add(program, lab)
  addAuthorOption(program)
  program.hook('preAction', (_, command) => {
    author = command.opts<{ author?: string }>().author
  })
  refuseRepeated(program)
  // Before anything is brought up or measured.
  program.hook('preAction', (_, command) => checkOut(command))
  return program
}
