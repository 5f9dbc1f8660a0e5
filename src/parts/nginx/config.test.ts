import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fillReferences } from '../../core/references.js'
import { BALANCING_STRATEGIES } from '../../strategies/balancing/registry.js'
import { roundRobin } from '../../strategies/balancing/round-robin.js'
import { weighted } from '../../strategies/balancing/weighted.js'
import { nginxConfig } from './config.js'

const required = process.env.SCALELAB_REQUIRE === '1'
const present = spawnSync('nginx', ['-v']).status === 0
const reason = present ? '' : ' (skipped: no nginx on the PATH)'

const SERVERS = [
  { address: '127.0.0.1:20001', weight: 3 },
  { address: '127.0.0.1:20002', weight: 1 },
  { address: '127.0.0.1:20003', weight: 1 },
]

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** What `nginx -t` says to a configuration; its exit status first. */
async function testedByNginx(config: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'scalelab-nginx-conf-'))
  try {
    const port = await freePort()
    const address = (): string => {
      throw new Error('the servers have their addresses')
    }
    const text = fillReferences(config, {
      host: '127.0.0.1',
      dir,
      data: dir,
      port: () => port,
      address,
      secret: address,
    })
    writeFileSync(join(dir, 'nginx.conf'), text)
    const { status, stderr } = spawnSync('nginx', ['-t', '-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')])
    return `${status} ${stderr}`
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

describe('nginxConfig', () => {
  it('is, for three servers with weights, this file', async () => {
    await expect(nginxConfig(SERVERS, weighted)).toMatchFileSnapshot('testing/weighted.nginx.conf')
  })

  it('names weights only to strategies that have a use for them', () => {
    expect(nginxConfig(SERVERS, weighted)).toContain('127.0.0.1:20001 weight=3 ')
    expect(nginxConfig(SERVERS, roundRobin)).not.toContain('weight=')
  })

  it.skipIf(!present && !required).each(BALANCING_STRATEGIES)(
    `of $name is accepted by nginx${reason}`,
    async (strategy) => {
      const said = await testedByNginx(nginxConfig(SERVERS, strategy))
      expect(said).toMatch(/^0 [\s\S]*syntax is ok[\s\S]*test is successful/)
      expect(said).not.toMatch(/\[(warn|emerg|alert|crit|error)\]/)
    },
  )

  it.skipIf(!present && !required)(`with a mistake is refused by the same check${reason}`, async () => {
    const said = await testedByNginx(nginxConfig([{ address: '127.0.0.1:nowhere', weight: 1 }], weighted))
    expect(said).toMatch(/^1 [\s\S]*\[emerg\]/)
  })
})
