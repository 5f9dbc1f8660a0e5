import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BALANCING_STRATEGIES } from '../../strategies/balancing/registry.js'
import { roundRobin } from '../../strategies/balancing/round-robin.js'
import { weighted } from '../../strategies/balancing/weighted.js'
import { haproxyConfig } from './haproxy.js'

const required = process.env.SCALELAB_REQUIRE === '1'
const command = 'haproxy'
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }
const present = spawnSync(command, ['-v'], { env }).status === 0

const SERVERS = [
  { id: 'api-1', address: '127.0.0.1:20001', weight: 1_000 },
  { id: 'api-2', address: '127.0.0.1:20002', weight: 500 },
]

/** What `haproxy -c` says to a configuration; its exit status first. */
function tested(config: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'scalelab-haproxy-'))
  try {
    const file = join(dir, 'haproxy.cfg')
    writeFileSync(file, config.replace('{{listen http}}', '127.0.0.1:20000'))
    const { status, stdout, stderr } = spawnSync(command, ['-c', '-f', file], { env, encoding: 'utf8' })
    return `${status} ${stdout}${stderr}`
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

describe('haproxyConfig', () => {
  it('keeps weights in proportion within what HAProxy takes, and to strategies that have a use for them', () => {
    expect(haproxyConfig(SERVERS, weighted)).toMatch(/20001 weight 256 [\s\S]*20002 weight 128 /)
    expect(haproxyConfig(SERVERS, roundRobin)).toMatch(/20001 weight 1 [\s\S]*20002 weight 1 /)
  })

  it.skipIf(!present && !required).each(BALANCING_STRATEGIES)('of $name is accepted by haproxy', (strategy) => {
    const said = tested(haproxyConfig(SERVERS, strategy))
    expect(said).toMatch(/^0 /)
    expect(said).not.toMatch(/\[(WARNING|ALERT)\]/)
  })

  it.skipIf(!present && !required)('with a mistake is refused by the same check', () => {
    expect(tested(haproxyConfig([{ id: 'a', address: '127.0.0.1:nowhere', weight: 1 }], weighted))).toMatch(/^1 /)
  })
})
