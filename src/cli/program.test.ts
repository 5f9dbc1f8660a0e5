import { describe, expect, it } from 'vitest'
import { commandsIn } from './program.js'

describe('the commands that are loaded', () => {
  const of = (line: string) => commandsIn(['node', 'scalelab', ...line.split(' ').filter((word) => word !== '')])

  it.each([
    ['', []],
    ['--version', []],
    ['--help', []],
    ['help', []],
    ['ps --json', ['ps']],
    ['bench up', ['bench']],
    ['help up', ['up']],
    ['shards plan', ['shards']],
  ])('of "%s" are those that it is about', (line, names) => {
    expect(of(line)).toEqual(names)
  })

  it('are all for completion, which lists the flags of each', () => {
    expect(of('completion bash').length).toBeGreaterThan(20)
    expect(of('completion bash')).toContain('shards')
  })
})
