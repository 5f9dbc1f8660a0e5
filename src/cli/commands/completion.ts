import { Argument, type Command } from 'commander'
import { READ_TARGETS } from '../../core/databases-file.js'
import { ARRIVALS, CONSISTENCIES, KEY_DISTRIBUTIONS } from '../../core/load.js'
import { DURABILITIES } from '../../core/parameters/database.js'
import { DISTRIBUTIONS } from '../../core/work.js'
import { ENGINE_CHOICES } from '../../lab/stack/engine-choice.js'
import { BALANCER_CHOICES } from '../../parts/registry.js'
import { KEY_SHAPES } from '../../placing/keys.js'
import { BALANCING_STRATEGIES } from '../../strategies/balancing/registry.js'
import { HASH_NAMES } from '../../strategies/sharding/port.js'
import { SHARDING_SCHEMES } from '../../strategies/sharding/registry.js'
import type { Lab } from '../lab.js'
import { WORK_KINDS } from '../stack-options.js'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export function add(command: Command, lab: Lab): void {
  command
    .description('Prints a completion script for bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(scalelab completion bash)                                      this shell, or in ~/.bashrc
  $ source <(scalelab completion zsh)                                       this shell, or in ~/.zshrc
  $ scalelab completion fish > ~/.config/fish/completions/scalelab.fish`,
    )
    .action((shell: (typeof SHELLS)[number]) => {
      const commands = (command.parent?.commands ?? []).map((command) => ({
        name: command.name(),
        summary: command.summary(),
        // Of a group (shards) the flags are those of its members.
        flags: [command, ...command.commands].flatMap(({ options }) =>
          options.map((option) => ({ long: option.long ?? '', description: option.description })),
        ),
        words: [
          ...command.commands.map((member) => member.name()),
          ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
        ],
      }))
      lab.print(SCRIPTS[shell](commands))
    })
}

interface CompletedCommand {
  name: string
  summary: string
  flags: { long: string; description: string }[]
  /** What its argument may be, where that is a list. */
  words: readonly string[]
}

/** Values of flags that have a list of them. */
const VALUES: Record<string, readonly string[]> = {
  '--engine': ENGINE_CHOICES,
  '--balancer': BALANCER_CHOICES,
  '--strategy': BALANCING_STRATEGIES.map((strategy) => strategy.name),
  '--work': WORK_KINDS,
  '--distribution': DISTRIBUTIONS,
  '--arrival': ARRIVALS,
  '--durability': DURABILITIES,
  '--reads': READ_TARGETS,
  '--consistency': CONSISTENCIES,
  '--keys': KEY_DISTRIBUTIONS,
}

/** The same of one command, where a flag means something else there. */
const VALUES_OF: Record<string, Record<string, readonly string[]>> = {
  shards: {
    '--keys': [],
    '--distribution': KEY_SHAPES,
    '--scheme': ['all', ...SHARDING_SCHEMES.map((scheme) => scheme.name)],
    '--hash': HASH_NAMES,
  },
}

/** What follows commands that take a scenario. */
const SCENARIOS = 'single lb-2 lb-3 lb-5 lb-weighted lb-least-conn lb-ip-hash repl-1 repl-2 repl-reads'
/** What `failover` may strike in a stack of two standbys. */
const NODES = 'primary standby-1 standby-2 api-1 api-2'

const SCRIPTS: Record<(typeof SHELLS)[number], (commands: readonly CompletedCommand[]) => string> = { bash, zsh, fish }

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, flags, words }) =>
      `    ${name}) words="${[...words, ...flags.map((flag) => flag.long), '--help'].join(' ')}" ;;`,
  )
  const values = Object.entries(VALUES).map(
    ([flag, words]) => `  ${flag}) COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current")); return ;;`,
  )
  const valuesOf = Object.entries(VALUES_OF).flatMap(([name, flags]) =>
    Object.entries(flags).map(
      ([flag, words]) => `  "${name} ${flag}") COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current")); return ;;`,
    ),
  )
  return `_scalelab() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  case "\${COMP_WORDS[1]} $previous" in
${valuesOf.join('\n')}
  esac
  case "$previous" in
${values.join('\n')}
  --out|--output|-o|--key-file) compopt -o default; return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} help --help --version"
  else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
    case "\${COMP_WORDS[1]}" in
    up|bench|capacity|claims|compose) [[ "$current" == -* ]] || words="${SCENARIOS} $(compgen -f -X '!*.y*ml' -- "$current")" ;;
    failover) [[ "$current" == -* ]] || words="${NODES}" ;;
    report|fit) [[ "$current" == -* ]] || { compopt -o default; return; } ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _scalelab scalelab`
}

function zsh(commands: readonly CompletedCommand[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
}

function fish(commands: readonly CompletedCommand[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const valuesOf = (name: string, flag: string): readonly string[] => VALUES_OF[name]?.[flag] ?? VALUES[flag] ?? []
  const lines = commands.flatMap(({ name, summary, flags }) => [
    `complete -c scalelab -f -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...flags.map(
      ({ long, description }) =>
        `complete -c scalelab -n '__fish_seen_subcommand_from ${name}' -l ${long.replace(/^--/, '')} -d ${quote(description)}${valuesOf(name, long).length === 0 ? '' : ` -xa ${quote(valuesOf(name, long).join(' '))}`}`,
    ),
  ])
  return [
    ...lines,
    `complete -c scalelab -n '__fish_seen_subcommand_from up bench capacity claims compose' -a ${quote(SCENARIOS)}`,
    ...commands
      .filter(({ words }) => words.length > 0)
      .map(
        ({ name, words }) =>
          `complete -c scalelab -n '__fish_seen_subcommand_from ${name}' -a ${quote(words.join(' '))}`,
      ),
    `complete -c scalelab -n '__fish_seen_subcommand_from failover' -a ${quote(NODES)}`,
  ].join('\n')
}
