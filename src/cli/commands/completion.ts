import { Argument, type Command } from 'commander'
import type { Lab } from '../lab.js'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export function addCompletion(program: Command, lab: Lab): void {
  program
    .command('completion')
    .summary('completion for your shell')
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
      const commands = program.commands.map((command) => ({
        name: command.name(),
        summary: command.summary(),
        flags: command.options.map((option) => ({ long: option.long ?? '', description: option.description })),
      }))
      lab.print(SCRIPTS[shell](commands))
    })
}

interface CompletedCommand {
  name: string
  summary: string
  flags: { long: string; description: string }[]
}

/** What follows commands that take a scenario. */
const SCENARIOS = 'single lb-2 lb-3 lb-5'

const SCRIPTS: Record<(typeof SHELLS)[number], (commands: readonly CompletedCommand[]) => string> = { bash, zsh, fish }

function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    ({ name, flags }) => `    ${name}) words="${flags.map((flag) => flag.long).join(' ')} --help" ;;`,
  )
  return `_scalelab() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} --help --version"
  else
    case "$command" in
${cases.join('\n')}
    esac
    case "$command" in
    up|bench|compose) [[ "$current" == -* ]] || words="${SCENARIOS} $(compgen -f -X '!*.y*ml' -- "$current")" ;;
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
  const lines = commands.flatMap(({ name, summary, flags }) => [
    `complete -c scalelab -f -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...flags.map(
      ({ long, description }) =>
        `complete -c scalelab -n '__fish_seen_subcommand_from ${name}' -l ${long.replace(/^--/, '')} -d ${quote(description)}`,
    ),
  ])
  return [
    ...lines,
    `complete -c scalelab -n '__fish_seen_subcommand_from up bench compose' -a ${quote(SCENARIOS)}`,
  ].join('\n')
}
