// Addresses as nginx reads and writes them (ngx_inet_addr, ngx_inet6_addr, ngx_parse_addr_port and ngx_inet6_ntop of
// src/core/ngx_inet.c): what any other reader takes for an address, and a little more.

/** The bytes of an address: 4 for IPv4, 16 for IPv6, IPv4-mapped among them; undefined for anything else. */
export function addressBytes(text: string): readonly number[] | undefined {
  return ipv4Bytes(text) ?? ipv6Bytes(text)
}

/** The bytes of an address that a port may follow, as in "203.0.113.7:5555" and "[2001:db8::7]:5555". */
export function addressBytesOf(text: string): readonly number[] | undefined {
  const bytes = addressBytes(text)
  if (bytes !== undefined) return bytes
  const match = text.startsWith('[') ? /^\[([^\]]*)\]:(.*)$/s.exec(text) : /^([^:]*):(.*)$/s.exec(text)
  const [, address = '', port = ''] = match ?? []
  return /^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535 ? addressBytes(address) : undefined
}

/** An address in its usual form: IPv6 in lower case, its longest run of zeros left out. */
export function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0))
  const { start, length } = longestZeros(words)
  const [last, byte14, byte15] = [words.length, bytes[14], bytes[15]]
  const embedsIpv4 =
    start === 0 &&
    ((length === 5 && words[5] === 0xffff) || length === 6 || (length === 7 && byte14 !== 0 && byte15 !== 1))
  const end = embedsIpv4 ? 6 : last
  const hex = (part: readonly number[]): string => part.map((word) => word.toString(16)).join(':')
  const tail = embedsIpv4 ? bytes.slice(12).join('.') : ''
  if (length < 2) return hex(words)
  const rest = [hex(words.slice(start + length, end)), tail].filter((part) => part !== '').join(':')
  return `${hex(words.slice(0, start))}::${rest}`
}

/**
 * Whether an address is of a loopback, private or link-local network (RFC 1918, RFC 4193, RFC 3927, RFC 4291): the
 * peers whose word about the client's address is taken.
 */
export function isPrivateAddress(text: string): boolean {
  return PRIVATE_NETWORKS.some(({ within }) => within(unmapped(addressBytes(text) ?? [])))
}

/** The same as nginx is told. */
export const PRIVATE_NETWORKS: readonly { cidr: string; within: (bytes: readonly number[]) => boolean }[] = [
  network('127.0.0.0', 8),
  network('10.0.0.0', 8),
  network('172.16.0.0', 12),
  network('192.168.0.0', 16),
  network('169.254.0.0', 16),
  network('::1', 128),
  network('fc00::', 7),
  network('fe80::', 10),
]

function network(address: string, bits: number) {
  const prefix = addressBytes(address) ?? []
  const within = (bytes: readonly number[]): boolean =>
    bytes.length === prefix.length &&
    prefix.every((byte, i) => {
      const mask = 0xff & (0xff00 >> Math.min(8, Math.max(0, bits - i * 8)))
      return ((bytes[i] ?? 0) & mask) === (byte & mask)
    })
  return { cidr: `${address}/${bits}`, within }
}

/** An IPv4 address as a dual-stack socket shows it is one of IPv4. */
function unmapped(bytes: readonly number[]): readonly number[] {
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff
  return mapped && bytes[11] === 0xff ? bytes.slice(12) : bytes
}

/** Four decimal octets; leading zeros mean nothing, an empty octet is 0, and 255.255.255.255 is no address. */
function ipv4Bytes(text: string): number[] | undefined {
  if (!/^\d*\.\d*\.\d*\.\d*$/.test(text)) return undefined
  const bytes = text.split('.').map(Number)
  return bytes.some((byte) => byte > 255) || bytes.every((byte) => byte === 255) ? undefined : bytes
}

/** Groups of hexadecimal digits, read from left to right; the rest may be an IPv4 address. */
function ipv6Bytes(text: string): number[] | undefined {
  const bytes: number[] = []
  let zerosAt: number | undefined
  let group = ''
  let ipv4: number[] | undefined
  // A first colon is passed over, whatever follows.
  const from = text.startsWith(':') ? 1 : 0
  for (let i = from; i < text.length && ipv4 === undefined; i++) {
    const character = text[i] ?? ''
    if (character === ':') {
      if (group !== '') {
        bytes.push(...word(group))
        group = ''
        if (bytes.length === 16) return undefined
      } else if (zerosAt === undefined) zerosAt = bytes.length
      else return undefined
    } else if (character === '.' && group !== '') {
      const start = text.lastIndexOf(':', i) + 1
      ipv4 = bytes.length > 12 || start <= from ? undefined : ipv4Bytes(text.slice(start))
      if (ipv4 === undefined) return undefined
    } else if (group.length < 4 && /[\da-f]/i.test(character)) group += character
    else return undefined
  }
  if (group === '' && zerosAt === undefined) return undefined
  bytes.push(...(ipv4 ?? word(group)))
  const missing = 16 - bytes.length
  if (missing === 0) return zerosAt === undefined ? bytes : undefined
  if (zerosAt === undefined || missing < 0) return undefined
  // Where zeros end the text, the last group is one of them.
  return [...bytes.slice(0, zerosAt), ...new Array<number>(missing).fill(0), ...bytes.slice(zerosAt)]
}

function word(hex: string): [number, number] {
  const value = Number.parseInt(hex || '0', 16)
  return [value >> 8, value & 0xff]
}

/** The first of the longest runs of zeros. */
function longestZeros(words: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 1 }
  let length = 0
  for (const [i, word] of words.entries()) {
    length = word === 0 ? length + 1 : 0
    if (length > longest.length) longest = { start: i + 1 - length, length }
  }
  return longest
}
