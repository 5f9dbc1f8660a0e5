import { Command } from 'commander'
import { addAuthorOption } from './author.js'
import { checkOut } from './check-out.js'
import { shortHelp } from './help.js'
import { type Adapters, createLab, type Given, type Lab } from './lab.js'
import type { Os } from './os.js'
import { readParameters } from './parameter-options.js'
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

/** What a command's file has: it declares the flags, and what carries the command out. */
interface CommandFile {
  add(command: Command, lab: Lab): void
}

/** Every command with its summary and what loads it, in the order of the help. */
const COMMANDS: readonly (readonly [name: string, summary: string, load: () => Promise<CommandFile>])[] = [
  ['list', 'the scenarios and experiments there are', () => import('./commands/list.js')],
  ['up', 'bring a stack up and keep it running', () => import('./commands/up.js')],
  ['ps', 'what is running, and where', () => import('./commands/ps.js')],
  ['bench', 'load a stack and write the report', () => import('./commands/bench.js')],
  ['compare', 'compare variants in blocks of runs, with intervals and verdicts', () => import('./commands/compare.js')],
  ['run', 'carry out an experiment or a scenario file, and judge its claims', () => import('./commands/run.js')],
  [
    'scaling',
    'capacity against the number of instances, with the laws of scaling fitted',
    () => import('./commands/scaling.js'),
  ],
  ['claims', 'hold what the coursework claims against measurements', () => import('./commands/claims.js')],
  ['capacity', 'the highest rate that holds an objective', () => import('./commands/capacity.js')],
  ['failover', 'strike a node under load, and see what it costs', () => import('./commands/failover.js')],
  ['guard', 'watch the primary, and fail over by itself', () => import('./commands/guard.js')],
  [
    'reshard',
    'change the number of shards, or the scheme, while clients read and write',
    () => import('./commands/reshard.js'),
  ],
  [
    'report',
    'rebuild a report from its record, put runs side by side, or see what changed between two',
    () => import('./commands/report.js'),
  ],
  ['fit', 'fit the laws of scaling to your own numbers', () => import('./commands/fit.js')],
  ['scale', 'change the number of replicas of the running stack', () => import('./commands/scale.js')],
  ['shards', 'where keys go, and what moves when shards change', () => import('./commands/shards.js')],
  ['sql', 'ask a database server', () => import('./commands/sql.js')],
  ['logs', 'what a node has written', () => import('./commands/logs.js')],
  ['down', 'take a stack down', () => import('./commands/down.js')],
  ['clean', 'remove everything that scalelab has left on this machine', () => import('./commands/clean.js')],
  ['compose', 'the stack as a Compose file', () => import('./commands/compose.js')],
  ['doctor', 'what this machine can do, and what is missing', () => import('./commands/doctor.js')],
  [
    'schema',
    'the JSON Schema of what is written (run, comparison, capacity, claims, ...) or read (scenario, experiment)',
    () => import('./commands/schema.js'),
  ],
  ['completion', 'completion for your shell', () => import('./commands/completion.js')],
]

const COMMAND_NAMES = COMMANDS.map(([name]) => name)

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
 * @param adapters what runs stacks and load; the real ones unless others are given
 */
export async function createProgram(
  os: Os,
  result: Result,
  names: readonly string[] = COMMAND_NAMES,
  adapters?: Adapters,
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
  shortHelp(program, os.argv.includes('--all'))
  program.hook('preAction', (_, command) => {
    result.json = command.opts().json === true
  })
  program.hook('preAction', (_, command) => void readParameters(command))
  let given: Given = { json: false, quiet: false }
  const lab = createLab(os, result, () => given, adapters)
  for (const [name, summary, load] of COMMANDS) {
    const command = program.command(name).summary(summary)
    if (names.includes(name)) (await load()).add(command, lab)
  }
  addAuthorOption(program)
  program.hook('preAction', (_, command) => {
    const { author, quiet } = command.opts<{ author?: string; quiet?: boolean }>()
    given = { author, json: result.json, quiet: quiet === true }
  })
  refuseRepeated(program)
  // Before anything is brought up or measured.
  program.hook('preAction', (_, command) => checkOut(command))
  return program
}
