import { describe, expect, it } from 'vitest'
import { type NodeSpec, nodeOf, startOrder } from './topology.js'

function spec(id: string, ...dependsOn: string[]): NodeSpec {
  return {
    id,
    role: 'api',
    part: 'api',
    program: { kind: 'bundle', bundle: 'api' },
    env: {},
    files: {},
    ports: { http: 8_000 },
    publish: {},
    dependsOn,
    readiness: { protocol: 'http', port: 'http', path: '/ready', accept: 'ok' },
    limits: {},
    stopGraceMs: 1_000,
  }
}

const waves = (nodes: NodeSpec[]): string[][] => startOrder(nodes).map((wave) => wave.map((node) => node.id))

describe('startOrder', () => {
  it.each<[string, NodeSpec[], string[][]]>([
    ['nothing', [], []],
    ['independent nodes together', [spec('a'), spec('b')], [['a', 'b']]],
    ['a balancer after its instances', [spec('lb', 'a', 'b'), spec('a'), spec('b')], [['a', 'b'], ['lb']]],
    ['a chain one by one', [spec('c', 'b'), spec('b', 'a'), spec('a')], [['a'], ['b'], ['c']]],
    [
      'a diamond in three waves',
      [spec('d', 'b', 'c'), spec('b', 'a'), spec('c', 'a'), spec('a')],
      [['a'], ['b', 'c'], ['d']],
    ],
  ])('starts %s', (_, nodes, expected) => {
    expect(waves(nodes)).toEqual(expected)
  })

  it('names the nodes of a cycle and those that wait for a node that is not there', () => {
    expect(() => startOrder([spec('a', 'b'), spec('b', 'a'), spec('c')])).toThrow('a, b')
    expect(() => startOrder([spec('a', 'ghost')])).toThrow('a')
  })
})

describe('nodeOf', () => {
  it('finds a node and refuses an unknown one', () => {
    const topology = { nodes: [spec('a'), spec('b')], entry: { node: 'a', port: 'http' } }
    expect(nodeOf(topology, 'b').id).toBe('b')
    expect(() => nodeOf(topology, 'c')).toThrow('no node c')
  })
})
