import { Command } from 'commander'
import { addAuthorOption } from './author.js'
import { checkOut } from './check-out.js'
import { createLab, type Lab } from './lab.js'
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

interface CommandEntry {
  name: string
  summary: string
  /** Loads what declares its flags and carries it out. */
  load: () => Promise<(command: Command, lab: Lab) => void>
}

/** In the order of the help. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'list',
    summary: 'the scenarios and experiments there are',
    load: async () => (await import('./commands/list.js')).addList,
  },
  {
    name: 'up',
    summary: 'bring a stack up and keep it running',
    load: async () => (await import('./commands/up.js')).addUp,
  },
  {
    name: 'ps',
    summary: 'what is running, and where',
    load: async () => (await import('./commands/ps.js')).addPs,
  },
  {
    name: 'bench',
    summary: 'load a stack and write the report',
    load: async () => (await import('./commands/bench.js')).addBench,
  },
  {
    name: 'compare',
    summary: 'compare variants in blocks of runs, with intervals and verdicts',
    load: async () => (await import('./commands/compare.js')).addCompare,
  },
  {
    name: 'run',
    summary: 'carry out an experiment or a scenario file, and judge its claims',
    load: async () => (await import('./commands/run.js')).addRun,
  },
  {
    name: 'scaling',
    summary: 'capacity against the number of instances, with the laws of scaling fitted',
    load: async () => (await import('./commands/scaling.js')).addScaling,
  },
  {
    name: 'claims',
    summary: 'hold what the coursework claims against measurements',
    load: async () => (await import('./commands/claims.js')).addClaims,
  },
  {
    name: 'capacity',
    summary: 'the highest rate that holds an objective',
    load: async () => (await import('./commands/capacity.js')).addCapacity,
  },
  {
    name: 'failover',
    summary: 'strike a node under load, and see what it costs',
    load: async () => (await import('./commands/failover.js')).addFailover,
  },
  {
    name: 'guard',
    summary: 'watch the primary, and fail over by itself',
    load: async () => (await import('./commands/guard.js')).addGuard,
  },
  {
    name: 'reshard',
    summary: 'change the number of shards, or the scheme, while clients read and write',
    load: async () => (await import('./commands/reshard.js')).addReshard,
  },
  {
    name: 'report',
    summary: 'rebuild a report from its record, put runs side by side, or see what changed between two',
    load: async () => (await import('./commands/report.js')).addReport,
  },
  {
    name: 'fit',
    summary: 'fit the laws of scaling to your own numbers',
    load: async () => (await import('./commands/fit.js')).addFit,
  },
  {
    name: 'scale',
    summary: 'change the number of replicas of the running stack',
    load: async () => (await import('./commands/scale.js')).addScale,
  },
  {
    name: 'shards',
    summary: 'where keys go, and what moves when shards change',
    load: async () => (await import('./commands/shards.js')).addShards,
  },
  {
    name: 'sql',
    summary: 'ask a database server',
    load: async () => (await import('./commands/sql.js')).addSql,
  },
  {
    name: 'logs',
    summary: 'what a node has written',
    load: async () => (await import('./commands/logs.js')).addLogs,
  },
  {
    name: 'down',
    summary: 'take a stack down',
    load: async () => (await import('./commands/down.js')).addDown,
  },
  {
    name: 'clean',
    summary: 'remove everything that scalelab has left on this machine',
    load: async () => (await import('./commands/clean.js')).addClean,
  },
  {
    name: 'compose',
    summary: 'the stack as a Compose file',
    load: async () => (await import('./commands/compose.js')).addCompose,
  },
  {
    name: 'doctor',
    summary: 'what this machine can do, and what is missing',
    load: async () => (await import('./commands/doctor.js')).addDoctor,
  },
  {
    name: 'schema',
    summary:
      'the JSON Schema of what is written (run, comparison, capacity, claims, ...) or read (scenario, experiment)',
    load: async () => (await import('./commands/schema.js')).addSchema,
  },
  {
    name: 'completion',
    summary: 'completion for your shell',
    load: async () => (await import('./commands/completion.js')).addCompletion,
  },
]

const COMMAND_NAMES = COMMANDS.map(({ name }) => name)

/** The commands that a command line is about: the one it names, or asks help for; all where completion is asked for. */
export function commandsIn(argv: readonly string[]): readonly string[] {
  const [first, second] = argv.slice(2).filter((word) => !word.startsWith('-'))
  return first === 'completion'
    ? COMMAND_NAMES
    : [first === 'help' ? second : first].filter((name) => name !== undefined)
}

/**
 * The command line. Of a command that is not loaded only the name and the summary are there.
 * @param result told what the command comes to
 * @param names the commands that are loaded
 */
export async function createProgram(
  os: Os,
  result: Result,
  names: readonly string[] = COMMAND_NAMES,
): Promise<Command> {
  const program = new Command('scalelab')
    .description('A lab for scaling experiments on real parts: stacks, load, a live view, and a report.')
    .version(os.version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, helpWidth: Math.min(os.stdout.columns ?? 100, 110) })
    .configureOutput({
      writeOut: (text) => os.stdout.write(text),
      writeErr: (text) => os.stderr.write(text),
      // Every error is told in one place: main.ts.
      outputError: () => {},
    })
    .addHelpText('after', `${EXAMPLES}\n${EXIT_CODES}`)
  program.hook('preAction', (_, command) => {
    result.json = command.opts().json === true
  })
  let author: string | undefined
  const lab = createLab(os, result, () => author)
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary)
    if (names.includes(name)) (await load())(command, lab)
  }
  addAuthorOption(program)
  program.hook('preAction', (_, command) => {
    author = command.opts<{ author?: string }>().author
  })
  refuseRepeated(program)
  // Before anything is brought up or measured.
  program.hook('preAction', (_, command) => checkOut(command))
  return program
}
