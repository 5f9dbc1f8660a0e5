import type { LoadOptions } from './load-options.js'
import type { ProbeOptions } from './probe-options.js'
import type { StackOptions } from './stack-options.js'

/** Flags of `bench`, as commander gives them. */
export interface BenchOptions extends StackOptions, LoadOptions, ProbeOptions {
  stack?: string
  url?: string
  /** Of --url: certificates are not verified. */
  insecure?: boolean
  slo?: string
  fault?: string[]
  out: string
  json?: boolean
  quiet?: boolean
  /** A drill step by step, each waiting for a key. */
  manual?: boolean
}
