import type { Command } from 'commander'
import type { LoadOptions } from './load-options.js'
import { under } from './parameter-options.js'
import type { ProbeOptions } from './probe-options.js'
import type { StackOptions } from './stack-options.js'
import type { TimelineOptions } from './timeline-options.js'

/** Flags of `bench`, as commander gives them. */
export interface BenchOptions extends StackOptions, LoadOptions, ProbeOptions, TimelineOptions {
  stack?: string
  url?: string
  /** Of --url: certificates are not verified. */
  insecure?: boolean
  slo?: string
  out: string
  json?: boolean
  quiet?: boolean
  /** A drill step by step, each waiting for a key. */
  manual?: boolean
}

/** Adds what a run is held against, and what is done in it. */
export function addOutcomeOptions(command: Command): Command {
  return under(command, 'output')
    .option('--slo <list>', "objectives, as in 'p99<50ms,errors<0.1%'; a miss ends with exit code 5")
    .option(
      '--at <when and what>',
      "what is done to the stack while the load runs, as in '5s kill api-2'; may be repeated",
      (value: string, previous: string[] | undefined) => [...(previous ?? []), value],
    )
    .option(
      '--fault <fault>',
      "short for a fault and its end: kill:api-2@5s+1s is --at '5s kill api-2' --at '6s restore api-2'; may be repeated",
      (value: string, previous: string[] | undefined) => [...(previous ?? []), value],
    )
}
