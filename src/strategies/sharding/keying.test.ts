import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SLOTS } from '../../core/shard-map.js'
import { numberOf, REGIONS, regionOf, slotOfKey } from './keying.js'
import { slotOf } from './slots.js'

describe('the slot of a user', () => {
  it.each([
    ['user-000001', 0],
    ['user-000002', 163],
    ['user-000050', 8_028],
    ['user-000100', 16_220],
    ['user-000101', 16_383],
    ['user-999999', 16_383],
    ['user-000000', 0],
  ])('by range, of 100: %s is %i', (key, slot) => {
    expect(slotOfKey({ keying: 'range', span: 100 }, key)).toBe(slot)
  })

  it.each([
    ['user-000001', 0],
    ['user-000008', 7],
    ['user-000009', 0],
    ['user-000000', 7],
  ])('by region: %s is in region %i', (key, region) => {
    expect(regionOf(key)).toBe(region)
    expect(Math.floor(slotOfKey({ keying: 'geo', span: 1 }, key) / (SLOTS / REGIONS.length))).toBe(region)
  })

  it.each([
    ['user-000123', 123],
    ['user', null],
    ['', null],
    ['42', 42],
    ['a7b', null],
    ['9876543210123', 543_210_123],
  ])('the number of "%s" is %s', (key, number) => {
    expect(numberOf(key)).toBe(number)
  })

  it('is one of 16,384, by CRC16 where there is no number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('hash', 'range', 'geo'), (key, keying) => {
        const slot = slotOfKey({ keying, span: 1_000 }, key)
        expect(slot >= 0 && slot < SLOTS && Number.isInteger(slot)).toBe(true)
        if (keying === 'hash' || (keying === 'range' && numberOf(key) === null)) expect(slot).toBe(slotOf(key))
      }),
    )
  })
})
