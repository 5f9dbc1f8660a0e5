import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientAddress, requestMix } from './mix.js'
import type { RequestTemplate } from './port.js'

const templates = (count: number): RequestTemplate[] =>
  Array.from({ length: count }, (_, i) => ({ method: 'GET', path: `/${i}`, headers: [['Accept', 'application/json']] }))

describe('clientAddress', () => {
  it.each([
    [0, '10.0.0.1'],
    [255, '10.0.255.1'],
    [256, '10.1.0.1'],
    [65_535, '10.255.255.1'],
  ])('client %d is %s', (client, address) => {
    expect(clientAddress(client)).toBe(address)
  })
})

describe('requestMix', () => {
  it('takes the templates in turn and adds no header without clients', () => {
    const mix = requestMix(templates(3), 0)
    const paths = [0, 1, 2, 3, 4].map((k) => mix.request(mix.variantOf(k)).path)
    expect(paths).toEqual(['/0', '/1', '/2', '/0', '/1'])
    expect(mix.request(0).headers).toEqual([['Accept', 'application/json']])
  })

  it('lets every client send the same number of requests, to one, and every client every template', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat({ max: 2_000 }),
        (t, n, from) => {
          const mix = requestMix(templates(t), n)
          // Twice a whole period: every pair of client and template comes equally often.
          const period = t * n * t
          const pairs = new Map<string, number>()
          const perClient = new Map<string, number>()
          for (let k = from; k < from + 2 * period; k++) {
            const { path, headers } = mix.request(mix.variantOf(k))
            const client = headers.find(([name]) => name === 'X-Forwarded-For')?.[1] ?? ''
            perClient.set(client, (perClient.get(client) ?? 0) + 1)
            pairs.set(`${client} ${path}`, (pairs.get(`${client} ${path}`) ?? 0) + 1)
          }
          expect(perClient.size).toBe(n)
          expect(new Set(perClient.values())).toEqual(new Set([2 * t * t]))
          expect(pairs.size).toBe(n * t)
        },
      ),
    )
  })

  it('gives every variant a number below `variants`', () => {
    const mix = requestMix(templates(3), 7)
    const variants = new Set(Array.from({ length: 1_000 }, (_, k) => mix.variantOf(k)))
    expect(Math.max(...variants)).toBe(mix.variants - 1)
    expect(variants.size).toBe(mix.variants)
  })
})
