import { type Command, Help, type Option } from 'commander'
import { isCommon } from './parameter-options.js'

/** Flags that are no parameter and stand in the short help all the same. */
const COMMON: readonly string[] = [
  ...['--path', '--engine', '--balancer', '--strategy', '--weights', '--work', '--service-time', '--app', '--port'],
  ...['--slo', '--at', '--fault', '--out', '--quiet', '--json'],
]

/** What so many flags do not fit on: they are told whole. */
const SCREEN = 30

/** What a command has of its own, and what most people need of the rest. */
function isShort(option: Option): boolean {
  return option.helpGroupHeading === undefined || COMMON.includes(option.long ?? '') || isCommon(option)
}

const everyOption = (command: Command): Option[] => new Help().visibleOptions(command)

/** The flags in the short help. */
function shortest(command: Command): Option[] {
  const options = everyOption(command)
  return options.length <= SCREEN ? options : options.filter(isShort)
}

/**
 * Help of many flags is short unless all are asked for.
 * @param all whether --all stands beside --help
 */
export function shortHelp(program: Command, all: boolean): Command {
  return program
    .configureHelp({
      ...program.configureHelp(),
      visibleOptions: (command) => (all ? everyOption(command) : shortest(command)),
    })
    .addHelpText('afterAll', ({ command }) => {
      const { length } = everyOption(command)
      return all || length === shortest(command).length
        ? ''
        : `\nAll ${length} flags: scalelab ${command.name()} --help --all`
    })
}
