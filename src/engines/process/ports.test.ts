import { once } from 'node:events'
import { createServer } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../../core/errors.js'
import { testNode } from '../testing/test-node.js'
import { portHolder } from './port-holder.js'
import { choosePorts, nodePortRange } from './ports.js'

const loopback = () => '127.0.0.1'

describe('the range of node ports', () => {
  it.each([
    ['Linux', { first: 32_768, last: 60_999 }, { first: 20_000, last: 32_000 }],
    ['a widened range', { first: 16_384, last: 65_535 }, { first: 10_000, last: 16_383 }],
    ['a range from the bottom', { first: 1_024, last: 40_000 }, { first: 40_001, last: 65_535 }],
    ['a range that leaves only low ports', { first: 10_500, last: 65_000 }, { first: 1_024, last: 10_499 }],
    ['a range of everything', { first: 1_024, last: 65_535 }, { first: 20_000, last: 32_000 }],
    ['an unknown range', undefined, { first: 20_000, last: 32_000 }],
  ])('for %s', (_, outgoing, expected) => {
    expect(nodePortRange(outgoing)).toEqual(expected)
  })

  it('never meets the outgoing range when enough is left beside it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2_100, max: 64_000 }), fc.integer({ min: 0, max: 30_000 }), (first, size) => {
        const outgoing = { first, last: Math.min(65_535, first + size) }
        const range = nodePortRange(outgoing)
        expect(range.last < outgoing.first || range.first > outgoing.last).toBe(true)
        expect(range.last - range.first).toBeGreaterThanOrEqual(999)
      }),
    )
  })
})

describe('the ports of nodes', () => {
  it('are free, all different, and no reserved ones', async () => {
    const nodes = Array.from({ length: 40 }, (_, i) => testNode(`api-${i}`, { kind: 'command', command: '' }))
    const first = Object.values(await choosePorts(nodes, loopback, [])).map(({ http }) => http ?? 0)
    expect(new Set(first).size).toBe(40)
    const range = { first: 20_000, last: 32_000 }
    const allButTwo = Array.from({ length: range.last - range.first + 1 }, (_, i) => range.first + i).filter(
      (port) => port !== first[0] && port !== first[1],
    )
    const second = await choosePorts(nodes.slice(0, 2), loopback, allButTwo)
    expect(Object.values(second).map(({ http }) => http)).toEqual(expect.arrayContaining(first.slice(0, 2)))
  })

  it('are as asked, or the error says who has one', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const node = { ...testNode('entry', { kind: 'command', command: '' }), publish: { http: port } }
    await expect(choosePorts([node], loopback, [])).rejects.toMatchObject({
      exitCode: EXIT.environment,
      message: expect.stringContaining(`(pid ${process.pid})`),
    })
    server.close()
    await once(server, 'close')
    expect(await choosePorts([node], loopback, [])).toEqual({ entry: { http: port } })
    expect(await portHolder(port)).toBeUndefined()
  })

  it('cannot be on an address that this machine does not have', async () => {
    const node = testNode('entry', { kind: 'command', command: '' })
    await expect(choosePorts([node], () => '192.0.2.1', [])).rejects.toMatchObject({ exitCode: EXIT.environment })
  })
})
