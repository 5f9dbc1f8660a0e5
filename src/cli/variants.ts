import { Command, type Option } from 'commander'
import type { ComparedVariant } from '../core/comparison.js'
import { unknownValueError, usageError } from '../core/errors.js'
import type { Experiment } from '../core/experiment.js'
import { shownHeader } from '../core/header-secrets.js'
import { choice } from '../core/parameters/kinds.js'
import { addOutcomeOptions, type BenchOptions } from './bench-options.js'
import { addLoadOptions } from './load-options.js'
import { readOption, writeOption } from './parameter-options.js'
import { addProbeOptions } from './probe-options.js'
import { addStackOptions } from './stack-options.js'

/** Flags without their dashes; the values of one that may be repeated, one a line. */
export type Settings = Record<string, string>

/** More variants than this are refused: their runs would take hours. */
const MOST_VARIANTS = 24

/** What can be varied beside flags: the number at the end of a scenario's name, by what it counts. */
const NUMBERED: Readonly<Record<string, RegExp>> = {
  replicas: /^(lb)-\d+$/,
  standbys: /^(repl)-\d+$/,
  shards: /^(shard|shard-scaling)-\d+$/,
}

/** Flags that belong to the command, or that every run needs for itself. */
const NOT_VARIED = ['name', 'port', 'seed']

/** The flags that may be set or varied, by their names without dashes. */
function flags(): ReadonlyMap<string, Option> {
  const command = addOutcomeOptions(addProbeOptions(addStackOptions(addLoadOptions(new Command()))))
  return new Map(
    command.options.flatMap((option) => (NOT_VARIED.includes(option.name()) ? [] : [[option.name(), option]])),
  )
}

/** @throws LabError (usage) for a key that is neither a flag nor a number of the scenario */
export function checkSettings(settings: Iterable<string>, where: string): void {
  const known = [...flags().keys(), 'scenario', ...Object.keys(NUMBERED)]
  for (const key of settings) if (!known.includes(key)) throw unknownValueError(`setting in ${where}`, key, known)
}

/**
 * Settings as the values of flags of bench. Keys that are no flag are left out.
 * @throws LabError (usage) for what a flag would not take, and for a switch that is neither true nor false
 */
export function optionsOf(settings: Settings): Partial<BenchOptions> {
  const known = flags()
  return Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]): [string, unknown][] => {
      const option = known.get(key)
      if (option === undefined) return []
      const name = option.attributeName()
      if (option.parseArg !== undefined) return [[name, value.split('\n')]]
      if (option.required || option.optional) return [[name, readOption(option, value)]]
      return choice(key, value, ['true', 'false']) === 'true' ? [[name, true]] : []
    }),
  )
}

/** The flags of bench that were given, as settings: what every variant has in common. */
export function settingsOf(options: Partial<BenchOptions>): Settings {
  const entries = [...flags()].flatMap(([key, option]): [string, string][] => {
    const value = options[option.attributeName() as keyof BenchOptions]
    if (value === undefined || value === false) return []
    if (option.parseArg !== undefined && Array.isArray(value)) return [[key, value.join('\n')]]
    return [[key, writeOption(option, value)]]
  })
  return Object.fromEntries(entries)
}

/**
 * Reads `--vary key=value,value`, several times: every combination is a variant.
 * @throws LabError (usage)
 */
export function parseVary(texts: readonly string[]): Record<string, string[]> {
  const vary: Record<string, string[]> = {}
  for (const text of texts) {
    const [, key, list] = /^([a-z-]+)=(.+)$/.exec(text) ?? []
    const values = list === undefined ? [] : splitValues(list)
    if (key === undefined || values.length === 0 || values.includes('')) {
      throw usageError(
        `--vary: cannot read "${text}"`,
        'Write a flag with its values: --vary strategy=round-robin,least-conn',
      )
    }
    if (vary[key] !== undefined)
      throw usageError(`--vary: ${key} is given twice`, `Write its values in one list: --vary ${key}=a,b`)
    vary[key] = values
  }
  checkSettings(Object.keys(vary), '--vary')
  return vary
}

/** At commas; where values hold commas themselves (3,1,1), at semicolons, of which one may end the list. */
function splitValues(list: string): string[] {
  const text = list.replace(/;\s*$/, '')
  return text.split(list.includes(';') ? ';' : ',').map((value) => value.trim())
}

/**
 * The variants of an experiment by its file or its flags, each with a name that tells it apart.
 * @throws LabError (usage) for settings that do not exist, variants that are the same, or too many of them
 */
export function variantsOf(experiment: Pick<Experiment, 'scenario' | 'vary' | 'variants'>): ComparedVariant[] {
  const given =
    experiment.variants ??
    combinations(experiment.vary ?? {}).map((set) => ({ name: undefined, scenario: undefined, set }))
  if (given.length > MOST_VARIANTS) {
    throw usageError(
      `${given.length} variants are more than ${MOST_VARIANTS}: their runs would take hours`,
      'Vary less at a time',
    )
  }
  const resolved = given.map(({ name, scenario, set }, i) => {
    checkSettings(Object.keys(set), `variant ${name ?? i + 1}`)
    refuseSecret(set, `variant ${name ?? i + 1}`)
    return { name, ...resolve(scenario ?? set.scenario ?? experiment.scenario ?? '', set) }
  })
  const names = namesOf(resolved)
  const variants = resolved.map(({ scenario, set }, i) => ({ name: names[i] ?? '', scenario, set, failure: null }))
  const keys = variants.map(({ scenario, set }) => JSON.stringify([scenario, Object.entries(set).toSorted()]))
  const twin = keys.findIndex((key, i) => keys.indexOf(key) < i)
  if (twin !== -1) {
    const of = variants[keys.indexOf(keys[twin] ?? '')]?.name
    throw usageError(
      `two variants are the same: ${of} and ${variants[twin]?.name}`,
      'One against itself: scalelab compare --aa <scenario>',
    )
  }
  return variants
}

/** A comparison is kept in files, and its variants are told apart by what is set in them. */
function refuseSecret({ header = '' }: Settings, where: string): void {
  const secret = header.split('\n').find((text) => shownHeader(text) !== text)
  if (secret === undefined) return
  throw usageError(
    `${where} sets ${shownHeader(secret)}, which may be a secret and is not kept`,
    'Give it to all variants with --header',
  )
}

/** The scenario that a number in the settings asks for, and the settings that remain. */
function resolve(scenario: string, given: Settings): { scenario: string; set: Settings } {
  let named = scenario
  const { scenario: _scenario, ...set } = given
  for (const [key, family] of Object.entries(NUMBERED)) {
    const number = set[key]
    if (number === undefined) continue
    const prefix = family.exec(named)?.[1]
    if (prefix === undefined) {
      throw usageError(
        `${key} cannot be varied of ${named}`,
        `As in scalelab compare ${EXAMPLE_OF[key]} --vary ${key}=2,3`,
      )
    }
    named = `${prefix}-${number}`
    delete set[key]
  }
  return { scenario: named, set }
}

const EXAMPLE_OF: Readonly<Record<string, string>> = { replicas: 'lb-3', standbys: 'repl-2', shards: 'shard-3' }

function combinations(vary: Record<string, readonly string[]>): Settings[] {
  return Object.entries(vary).reduce<Settings[]>(
    (sets, [key, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [key]: value }))),
    [{}],
  )
}

interface Resolved {
  name: string | undefined
  scenario: string
  set: Settings
}

/** Given names as they are; else the scenario where it differs, and the settings that differ. */
function namesOf(variants: readonly Resolved[]): string[] {
  const scenarios = new Set(variants.map(({ scenario }) => scenario)).size > 1
  const keys = [...new Set(variants.flatMap(({ set }) => Object.keys(set)))]
  const telling = keys.filter((key) => new Set(variants.map(({ set }) => set[key])).size > 1)
  const names = variants.map(({ name, scenario, set }) => {
    if (name !== undefined) return name
    const words = telling.flatMap((key) => {
      const value = set[key]
      return value === undefined ? [] : [/^[\d.,:]+[a-z%]*$/.test(value) ? `${key}=${value}` : value]
    })
    return [...(scenarios || words.length === 0 ? [scenario] : []), ...words].join(' ')
  })
  return names.map((name, i) =>
    names.indexOf(name) === i ? name : `${name} #${names.slice(0, i + 1).filter((n) => n === name).length}`,
  )
}
