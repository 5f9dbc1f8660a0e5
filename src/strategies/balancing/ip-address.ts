/**
 * The bytes of an address: 4 for IPv4 (also when written as IPv4-mapped IPv6, as a dual-stack socket shows it),
 * 16 for IPv6, undefined for anything else.
 */
export function addressBytes(text: string): readonly number[] | undefined {
  if (!text.includes(':')) return ipv4Bytes(text)
  const bytes = ipv6Bytes(text)
  if (bytes === undefined) return undefined
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return mapped ? bytes.slice(12) : bytes
}

/**
 * Whether an address is of a loopback, private or link-local network (RFC 1918, RFC 4193, RFC 3927, RFC 4291): the
 * peers whose word about the client's address is taken.
 */
export function isPrivateAddress(text: string): boolean {
  const bytes = addressBytes(text)
  if (bytes === undefined) return false
  const [a = 0, b = 0] = bytes
  if (bytes.length === 4) {
    return (
      a === 127 || a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 169 && b === 254)
    )
  }
  const loopback = bytes.every((byte, index) => byte === (index === 15 ? 1 : 0))
  return loopback || (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80)
}

function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split('.')
  // A leading zero would be octal to some, and is no address to others.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes : undefined
}

function ipv6Bytes(text: string): number[] | undefined {
  const [address = ''] = text.split('%') // a zone ("fe80::1%eth0") is no part of the address
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')).flatMap(groupBytes))
  if (head === undefined || head.includes(Number.NaN) || tail?.includes(Number.NaN)) return undefined
  if (tail === undefined) return head.length === 16 ? head : undefined
  const missing = 16 - head.length - tail.length
  return missing >= 2 ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined
}

/** Two bytes of a group of hexadecimal digits, four of a dotted IPv4 tail, NaN for anything else. */
function groupBytes(group: string): number[] {
  if (group.includes('.')) return ipv4Bytes(group) ?? [Number.NaN]
  if (!/^[\da-f]{1,4}$/i.test(group)) return [Number.NaN]
  const value = Number.parseInt(group, 16)
  return [value >> 8, value & 0xff]
}
