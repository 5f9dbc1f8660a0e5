import { describe, expect, it } from 'vitest'
import { labErrorOf } from '../core/testing/thrown.js'
import { parseFaults } from './fault-option.js'

describe('parseFaults', () => {
  it('reads fault, node, moment and length', () => {
    expect(parseFaults(undefined)).toEqual([])
    expect(parseFaults(['kill:api-2@5s+1s', 'pause:balancer@0s+250ms', 'stop:api-1@1.5m+2h'])).toEqual([
      { fault: 'kill', node: 'api-2', atMs: 5_000, forMs: 1_000 },
      { fault: 'pause', node: 'balancer', atMs: 0, forMs: 250 },
      { fault: 'stop', node: 'api-1', atMs: 90_000, forMs: 7_200_000 },
    ])
  })

  it.each([
    ['', 'cannot read ""', 'Write fault:node@when+length'],
    ['kill', 'cannot read "kill"', 'Write fault:node@when+length'],
    ['kill:api-2', 'cannot read', 'Write fault:node@when+length'],
    ['kill:api-2@5s', 'cannot read', 'Write fault:node@when+length'],
    ['kill:api-2@5+1', 'cannot read', 'Write fault:node@when+length'],
    ['kill:api-2@-5s+1s', 'cannot read', 'Write fault:node@when+length'],
    ['kill:@5s+1s', 'cannot read', 'Write fault:node@when+length'],
    ['kil:api-2@5s+1s', 'unknown fault "kil"', 'Did you mean "kill"?'],
    ['burn:api-2@5s+1s', 'unknown fault "burn"', 'Allowed: kill, stop, pause'],
    ['kill:api-2@5sec+1s', '--fault: "5sec" is not a duration', '10s'],
    ['kill:api-2@5s+1.2.3s', '--fault: "1.2.3s" is not a duration', '10s'],
  ])('refuses %j', (text, message, hint) => {
    const error = labErrorOf(() => parseFaults(['kill:api-1@1s+1s', text]))
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
  })
})
