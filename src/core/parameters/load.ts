import * as z from 'zod'
import { usageError } from '../errors.js'
import {
  ARRIVALS,
  CONSISTENCIES,
  KEY_DISTRIBUTIONS,
  type LoadStage,
  MOST_IDS,
  REQUEST_KINDS,
  type RequestKind,
} from '../load.js'
import { parseDuration } from '../units.js'
import { choice, formatTime, type Kind, number, oneOf, positiveNumber, time, wholeNumber } from './kinds.js'
import { section } from './row.js'

/** Longest a counted part, and anything around it, may take, in milliseconds. */
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** A counted part (or a stage of it) below this would hold less than a tick. */
const SHORTEST_MS = 500

const RATE = { min: 0.01, max: 1_000_000 }

/** A switch: given or not. */
const on: Kind<boolean> = {
  parse: (text, flag) => choice(flag, text, ['true', 'false']) === 'true',
  format: String,
  check: () => undefined,
  schema: z.boolean(),
}

/** One rate after another: "10s:500,30s:1500". */
const stages: Kind<LoadStage[]> = {
  parse: (list, flag) =>
    list.split(',').map((part) => {
      const [duration, rate, ...more] = part.trim().split(':')
      if (duration === undefined || rate === undefined || more.length > 0) {
        throw usageError(`${flag}: cannot read "${part}"`, `Write duration:rate, as in ${flag} 10s:500,30s:1500`)
      }
      const durationMs = parseDuration(duration, flag)
      if (durationMs < SHORTEST_MS) throw usageError(`${flag}: ${duration} is shorter than ${SHORTEST_MS}ms`)
      return { durationMs, rps: number(flag, rate, RATE.min, RATE.max, false) }
    }),
  format: (values) => values.map(({ durationMs, rps }) => `${formatTime(durationMs)}:${rps}`).join(','),
  check(values, flag) {
    stages.parse(stages.format(values), flag)
  },
  schema: z.array(z.strictObject({ durationMs: z.number().min(SHORTEST_MS), rps: z.number().positive() })),
}

type Mix = Partial<Record<RequestKind, number>>

/** Kinds of requests by weight: "read:80,write:20". */
const mix: Kind<Mix> = {
  parse(list, flag) {
    const found: Mix = {}
    for (const part of list.split(',')) {
      const [name, weight, ...more] = part.trim().split(':')
      if (name === undefined || name === '' || weight === undefined || more.length > 0) {
        throw usageError(`${flag}: cannot read "${part}"`, `Write kind:weight, as in ${flag} read:80,write:20`)
      }
      const kind = choice(`kind in ${flag}`, name, REQUEST_KINDS)
      if (found[kind] !== undefined) throw usageError(`${flag}: ${kind} is given twice`)
      found[kind] = number(flag, weight, 0.001, 1_000_000, false)
    }
    return found
  },
  format: (weights) =>
    Object.entries(weights)
      .map(([kind, weight]) => `${kind}:${weight}`)
      .join(','),
  check(weights, flag) {
    mix.parse(mix.format(weights), flag)
  },
  schema: z.partialRecord(z.enum(REQUEST_KINDS), z.number().positive()),
}

export interface KeyChoice {
  distribution: (typeof KEY_DISTRIBUTIONS)[number]
  /** Of zipf. */
  exponent?: number
}

/** Which users and products are asked for: "uniform", "zipf", "zipf:1.1". */
const keys: Kind<KeyChoice> = {
  parse(text, flag) {
    const how = `Write ${flag} uniform, zipf or zipf:1.1`
    const [name = '', exponent, ...more] = text.split(':')
    if (more.length > 0) throw usageError(`${flag}: cannot read "${text}"`, how)
    const distribution = choice(flag, name, KEY_DISTRIBUTIONS)
    if (exponent === undefined) return { distribution }
    if (distribution === 'uniform') throw usageError(`${flag}: uniform has no exponent`, how)
    return { distribution, exponent: number(flag, exponent, 0.01, 10, false) }
  },
  format: ({ distribution, exponent }) => (exponent === undefined ? distribution : `${distribution}:${exponent}`),
  check(value, flag) {
    keys.parse(keys.format(value), flag)
  },
  schema: z.custom<KeyChoice>(),
  choices: KEY_DISTRIBUTIONS,
}

const LOAD_SECTION = { at: 'load', group: 'load', needs: () => null } as const

/** The rate at which requests are due, and for how long. */
export const RATES = section(LOAD_SECTION, {
  max: {
    key: 'max',
    takes: '',
    kind: on,
    default: null,
    words: 'closed loop: every connection sends again as soon as it is answered; measures capacity',
    label: 'closed loop',
    common: true,
    excludes: { names: ['rps', 'stages'], hint: 'Give one of --rps, --stages, --max' },
  },
  rps: {
    key: 'rps',
    takes: '<rate>',
    kind: positiveNumber(RATE.min, RATE.max),
    default: null,
    words: 'open loop: requests are due at this rate, whatever the answers do',
    label: 'rate',
    common: true,
  },
  stages: {
    key: 'stages',
    takes: '<list>',
    kind: stages,
    default: null,
    words: 'open loop in steps, as in 10s:500,30s:1500',
    label: 'stages',
    common: true,
    excludes: { names: ['rps'], hint: 'Give one of --rps, --stages, --max' },
  },
})

/** What of a load is the same at every rate, and how long it lasts. */
export const COURSE = section(LOAD_SECTION, {
  duration: {
    key: 'duration',
    takes: '<time>',
    kind: time(SHORTEST_MS, DAY_MS),
    default: 10_000,
    words: 'length of the counted part, as in 30s',
    label: 'counted time',
    common: true,
  },
  warmup: {
    key: 'warmup',
    takes: '<time>',
    kind: time(0, HOUR_MS),
    default: 2_000,
    words: 'load before the counted part, as in 3s',
    label: 'warm-up',
  },
  arrival: {
    key: 'arrival',
    takes: '<process>',
    kind: oneOf(ARRIVALS),
    default: 'uniform',
    words: 'open loop: arrivals; users who know nothing of each other are poisson',
    label: 'arrivals',
  },
  connections: {
    key: 'connections',
    takes: '<n>',
    kind: wholeNumber(1, 20_000),
    default: 60,
    words: 'TCP connections',
    label: 'connections',
    common: true,
  },
})

/** How requests are sent. */
export const SENDING = section(LOAD_SECTION, {
  timeout: {
    key: 'timeout',
    takes: '<time>',
    kind: time(10, HOUR_MS),
    default: 10_000,
    words: 'a request without an answer for this long is lost (default: 10s)',
    label: 'timeout',
  },
  clients: {
    key: 'clients',
    takes: '<n>',
    kind: wholeNumber(0, 65_536),
    default: 0,
    words: 'simulated client addresses, for ip-hash (X-Forwarded-For)',
    label: 'simulated clients',
  },
  generators: {
    key: 'generators',
    takes: '<n>',
    kind: wholeNumber(1, 16),
    default: null,
    words: 'generator processes (default: as the rate needs)',
    label: 'generators',
  },
  seed: {
    key: 'seed',
    takes: '<n>',
    kind: wholeNumber(0, 2 ** 31 - 1),
    default: 1,
    words: 'seed of the arrivals and of service times (default: 1)',
    label: 'seed',
    own: true,
  },
})

/** Of a stack with databases: which requests, on which keys. */
export const MIX = section(LOAD_SECTION, {
  mix: {
    key: 'mix',
    takes: '<list>',
    kind: mix,
    default: null,
    words: `kinds of requests by weight, as in read:80,write:20 (${REQUEST_KINDS.join(', ')})`,
    label: 'mix',
    common: true,
    excludes: { names: ['path', 'method', 'body'], hint: 'A mix makes requests of its own' },
  },
  keys: {
    key: 'keys',
    takes: '<distribution>',
    kind: keys,
    default: null,
    words: 'of a mix: which users and products, as in zipf:1.1',
    label: 'keys',
  },
  keyCount: {
    key: 'key_count',
    takes: '<n>',
    kind: wholeNumber(1, MOST_IDS),
    default: null,
    words: 'of a mix: how many users and products (default: all there are)',
    label: 'number of keys',
  },
  consistency: {
    key: 'consistency',
    takes: '<level>',
    kind: oneOf(CONSISTENCIES),
    default: null,
    words: 'of a mix: what reads ask for',
    label: 'consistency',
  },
})
