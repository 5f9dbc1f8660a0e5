import { usageError } from '../core/errors.js'
import { shownHeader, WITHHELD } from '../core/header-secrets.js'
import type { Settings } from './variants.js'

/**
 * The settings of a comparison that is taken up, with the headers that were not kept given again, in their order.
 * @throws LabError (usage) for one that is missing, or was not planned
 */
export function withHeaders(set: Settings, given: readonly string[]): Settings {
  const left = [...given]
  const header = set.header?.split('\n').map((text) => {
    if (!text.endsWith(`: ${WITHHELD}`)) return text
    const found = left.findIndex((other) => shownHeader(other) === text)
    const [again] = found === -1 ? [] : left.splice(found, 1)
    if (again === undefined) {
      throw usageError(
        `${text} was not kept, for it may be a secret`,
        `Give it again: compare --resume --header '${text}'`,
      )
    }
    return again
  })
  if (left[0] !== undefined) {
    throw usageError(
      `--resume goes on with what was planned, and ${shownHeader(left[0])} was not`,
      'Leave --header out',
    )
  }
  return header === undefined ? set : { ...set, header: header.join('\n') }
}
