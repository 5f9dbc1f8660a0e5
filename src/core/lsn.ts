/**
 * A position in the write-ahead log, as PostgreSQL writes it: two hexadecimal numbers, the upper and lower 32 bits of a
 * byte position (https://www.postgresql.org/docs/current/datatype-pg-lsn.html).
 * @throws Error when the text is none
 */
export function parseLsn(text: string): bigint {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text)
  if (match === null) throw new Error(`"${text}" is not a WAL position`)
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}

/** Bytes from one position to another; negative when `to` lies before `from`. */
export function lsnDistance(from: string, to: string): number {
  return Number(parseLsn(to) - parseLsn(from))
}
