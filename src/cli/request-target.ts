import { usageError } from '../core/errors.js'

/**
 * A path with its query as it goes out: what RFC 3986 (section 3.3) does not allow is percent-encoded as UTF-8, what is
 * encoded stays, and so do dots and doubled slashes.
 * @param flag where it was given, as in "--path"
 * @throws LabError (usage)
 */
export function requestTarget(flag: string, text: string): string {
  if (/\p{Cc}/u.test(text)) {
    throw usageError(`${flag}: ${JSON.stringify(text)} holds a control character`, 'Percent-encode it, as in %0A')
  }
  if (/\p{Surrogate}|\ufffd/u.test(text)) {
    throw usageError(`${flag}: ${JSON.stringify(text)} is not all text`, 'Percent-encode its bytes, as in %FF')
  }
  const hash = text.indexOf('#')
  if (hash !== -1) {
    throw usageError(
      `${flag}: "${text.slice(hash)}" is a fragment, which is never sent`,
      'Leave it out, or write # as %23',
    )
  }
  const stray = /%(?![\da-f]{2}).{0,2}/i.exec(text)
  if (stray !== null) {
    throw usageError(`${flag}: "${stray[0]}" is not percent-encoded`, 'Write a percent sign as %25')
  }
  return text.replace(/[^\w.~!$&'()*+,;=:@/?%-]/gu, encodeURIComponent)
}
