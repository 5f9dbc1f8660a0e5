export type ViewKind = 'dashboard' | 'plain' | 'silent'

export interface ViewConditions {
  /** Whether stdout is a terminal. */
  isTTY: boolean
  env: Readonly<Record<string, string | undefined>>
  /** --quiet: no dashboard. */
  quiet: boolean
  /** --json: stdout belongs to one JSON document. */
  json: boolean
}

/**
 * Which view fits: `silent` with --json, whose document must be alone; plain lines with --quiet, without a terminal, with
 * NO_COLOR (https://no-color.org: any value but the empty one), on a dumb terminal, for a screen reader, and in CI,
 * where Ink draws nothing; the dashboard otherwise.
 */
export function chooseView({ isTTY, env, quiet, json }: ViewConditions): ViewKind {
  if (json) return 'silent'
  if (quiet || !isTTY) return 'plain'
  if (isSet(env.NO_COLOR) || env.TERM === 'dumb' || env.INK_SCREEN_READER === 'true') return 'plain'
  // Ink's own rule (package is-in-ci): there it holds its frames back until the end.
  if (isYes(env.CI) || isYes(env.CONTINUOUS_INTEGRATION)) return 'plain'
  return 'dashboard'
}

/** Whether text written to this stream may hold colours: a terminal that is not dumb, and no NO_COLOR. */
export function wantsColour({ isTTY, env }: Pick<ViewConditions, 'isTTY' | 'env'>): boolean {
  return isTTY && !isSet(env.NO_COLOR) && env.TERM !== 'dumb'
}

/** Whether block and line characters can be expected to show: everywhere but on the bare Linux console. */
export function wantsUnicode(env: ViewConditions['env']): boolean {
  return env.TERM !== 'linux'
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

function isYes(value: string | undefined): boolean {
  return value !== undefined && value !== '0' && value !== 'false'
}
