import type { LoadOptions } from './load-options.js'
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
