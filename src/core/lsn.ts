const LSN = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i

/**
 * A position in the write-ahead log as a number of bytes, from PostgreSQL's "16/B374D848": the upper and lower 32 bits
 * (https://www.postgresql.org/docs/current/datatype-pg-lsn.html).
 * @returns undefined when the text is none
 */
export function parseLsn(text: string): bigint | undefined {
  const match = LSN.exec(text)
  return match === null ? undefined : (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}
