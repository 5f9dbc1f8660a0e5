import { describe, expect, it } from 'vitest'
import { freeAddress } from './network.js'

describe('an address in the network of a stack', () => {
  it.each([
    ['172.18.0.0/16', [], '172.18.0.2'],
    ['172.18.0.0/16', ['172.18.0.2', '172.18.0.4'], '172.18.0.3'],
    ['192.168.32.0/20', ['192.168.32.2'], '192.168.32.3'],
    ['10.0.0.248/29', ['10.0.0.250', '10.0.0.251', '10.0.0.252', '10.0.0.253'], '10.0.0.254'],
  ])('%s without %j: %s', (subnet, taken, address) => {
    expect(freeAddress(subnet, new Set(taken))).toBe(address)
  })

  it('crosses from one group of 256 to the next', () => {
    const taken = new Set(Array.from({ length: 254 }, (_, index) => `172.18.0.${index + 2}`))
    expect(freeAddress('172.18.0.0/16', taken)).toBe('172.18.1.0')
  })

  it('is refused when all are taken', () => {
    expect(() => freeAddress('10.0.0.0/30', new Set(['10.0.0.2']))).toThrow('no free address')
  })
})
