const LSN = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i

/**
 * A position in the write-ahead log as a number of bytes, from PostgreSQL's "16/B374D848"; undefined: it is none.
 * Exact up to 2^53, which is 8 PiB of log.
 */
export function parseLsn(text: string): number | undefined {
  const match = LSN.exec(text)
  if (match === null) return undefined
  return Number.parseInt(match[1] ?? '', 16) * 2 ** 32 + Number.parseInt(match[2] ?? '', 16)
}
