import { describe, expect, it } from 'vitest'
import load from 'xxhash-wasm'
import { maglev, maglevTable } from './maglev.js'
import { DEFAULT_SCHEME_OPTIONS } from './registry.js'

describe('maglev', () => {
  // Table 1 of the paper: permutations 3041526, 0246135 and 3456012, before and after B1 is removed.
  const B0 = { offset: 3, skip: 4, weight: 1 }
  const B1 = { offset: 0, skip: 2, weight: 1 }
  const B2 = { offset: 3, skip: 1, weight: 1 }
  it("fills the paper's example", () => {
    expect([...maglevTable([B0, B1, B2], 7)]).toEqual([1, 0, 1, 0, 2, 2, 0])
    expect([...maglevTable([B0, B2], 7)]).toEqual([0, 0, 0, 0, 1, 1, 1])
  })

  // Envoy, test/common/upstream/maglev_lb_test.cc: Basic, BasicWithHostName and Weighted. Envoy hashes names with
  // XXH64, seed 0 for the offset and seed 1 for the step.
  it.each([
    ['Basic', ['127.0.0.1:90', '127.0.0.1:91', '127.0.0.1:92', '127.0.0.1:93', '127.0.0.1:94', '127.0.0.1:95'], [], 7],
    ['BasicWithHostName', ['90', '91', '92', '93', '94', '95'], [], 7],
    ['Weighted', ['127.0.0.1:90', '127.0.0.1:91'], [1, 2], 17],
  ])("fills Envoy's table: %s", async (name, hosts, weights, size) => {
    const { h64 } = await load()
    const preferences = hosts.map((host, i) => ({
      offset: Number(h64(host, 0n) % BigInt(size)),
      skip: Number(h64(host, 1n) % BigInt(size - 1)) + 1,
      weight: weights[i] ?? 1,
    }))
    expect([...maglevTable(preferences, size)]).toEqual(ENVOY[name])
  })

  const shards = ['a', 'b', 'c'].map((id) => ({ id, weight: 1 }))
  it.each([
    [65_536, 'prime'],
    [1, 'prime'],
    [7.5, 'prime'],
    [2, 'too small'],
  ])('refuses a table of %d entries', (tableSize, reason) => {
    expect(() => maglev.place(shards, { ...DEFAULT_SCHEME_OPTIONS, tableSize })).toThrow(reason)
  })
})

const ENVOY: Record<string, number[]> = {
  Basic: [2, 4, 0, 1, 5, 0, 3],
  BasicWithHostName: [2, 5, 0, 3, 4, 1, 0],
  Weighted: [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1],
}
