import { type Command, Option } from 'commander'
import { flagOf, type Group, type Parameter } from '../core/parameters/row.js'

type Rows = Readonly<Record<string, Parameter>>

const HEADINGS: Readonly<Record<Group, string>> = {
  load: 'Load:',
  stack: 'Stack:',
  databases: 'Databases:',
  shards: 'Shards:',
  output: 'Output:',
}

/** The options added from here on stand below this heading of the help. */
export function under(command: Command, group: Group): Command {
  return command.optionsGroup(HEADINGS[group])
}

/** The flag of a parameter: its text becomes a value once the command line is known to be whole. */
class ParameterOption extends Option {
  readonly common: boolean

  constructor(
    name: string,
    private readonly rows: readonly [Parameter, ...Parameter[]],
  ) {
    const [{ takes, kind }] = rows
    const words = [...new Set(rows.map((row) => row.words))].join('; or ')
    super(
      `${flagOf(name)} ${takes}`.trimEnd(),
      kind.choices === undefined ? words : `${words}: ${kind.choices.join(', ')}`,
    )
    this.common = rows.some((row) => row.common === true)
    this.helpGroup(HEADINGS[rows[0].group])
  }

  /** Sections may bound a value differently: it must lie in one, and which one is meant is known when it is laid over a stack. */
  read(text: string): unknown {
    const [{ kind }, ...others] = this.rows
    const flag = this.long ?? this.name()
    try {
      return kind.parse(text, flag)
    } catch (error) {
      for (const other of others) {
        try {
          return other.kind.parse(text, flag)
        } catch {}
      }
      throw error
    }
  }

  write(value: unknown): string {
    return this.rows[0].kind.format(value)
  }
}

/** Whether a flag is a parameter that stands in the short help. */
export function isCommon(option: Option): boolean {
  return option instanceof ParameterOption && option.common
}

/** The value behind a flag's text; of flags that are no parameter the text. @throws LabError (usage) */
export function readOption(option: Option, text: string): unknown {
  return option instanceof ParameterOption ? option.read(text) : text
}

/** As readOption reads it. */
export function writeOption(option: Option, value: unknown): string {
  return option instanceof ParameterOption ? option.write(value) : String(value)
}

/**
 * Adds the flags of these parameters.
 * @param defaults of this command, instead of the scenario's own
 */
export function addParameters(
  command: Command,
  sections: readonly Rows[],
  defaults: Readonly<Record<string, unknown>> = {},
): Command {
  for (const name of new Set(sections.flatMap((rows) => Object.keys(rows)))) {
    const [first, ...others] = sections.flatMap((rows) => rows[name] ?? [])
    if (first === undefined || first.takes === null) continue
    const option = new ParameterOption(name, [first, ...others])
    const value = defaults[name]
    command.addOption(value === undefined ? option : option.default(value, option.write(value)))
  }
  return command
}

/** Makes values of the texts that were given to parameters of a command. @throws LabError (usage) */
export function readParameters(command: Command): Command {
  for (const option of command.options) {
    const name = option.attributeName()
    const text: unknown = command.getOptionValue(name)
    if (typeof text !== 'string') continue
    command.setOptionValueWithSource(name, readOption(option, text), command.getOptionValueSource(name) ?? 'cli')
  }
  return command
}

/** Some of the rows of a section, for commands that take no others. */
export function only<R extends Rows, const Name extends keyof R>(rows: R, names: readonly Name[]): Pick<R, Name> {
  return Object.fromEntries(names.map((name) => [name, rows[name]])) as Pick<R, Name>
}
