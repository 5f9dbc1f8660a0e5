import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clientOf } from './headers.js'

// Whom the real nginx takes for the client, and whom we do.

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } // where Debian has it, not on everybody's PATH
const present = spawnSync('nginx', ['-v'], { env }).status === 0
const PEER = '127.0.0.1'

const VALUES = [
  ...['203.0.113.7', '203.0.113.7:5555', '203.0.113.7:0', '203.0.113.7:65536', '203.0.113.7:', '203.0.113.7:a'],
  ...[
    '[2001:db8::7]:5555',
    '[2001:db8::7]',
    '2001:db8::7',
    '2001:DB8:0:0:0:0:0:7',
    '2001:db8::7:5555',
    '[203.0.113.7]:80',
  ],
  ...['198.51.100.9, 203.0.113.7:5555', '203.0.113.7,', '203.0.113.7 , ,', ',203.0.113.7', ', 203.0.113.7', ',', 'a,'],
  ...[
    'unix:',
    'unix:/x',
    'unknown',
    '_hidden',
    'localhost',
    '::ffff:203.0.113.7',
    '::ffff:203.0.113.7:80',
    '::1',
    '::',
  ],
  ...[
    '::1.2.3.4',
    '::102',
    '::1:2:3',
    '64:ff9b::1.2.3.4',
    '1.2.3.4::',
    '1::2::3',
    ':1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7::',
  ],
  ...[
    '1:2:3:4:5:6:7:8:9',
    '::2:3:4:5:6:7:8',
    '12345::',
    'fe80::1%eth0',
    '010.020.030.040',
    '1..2.3',
    '...',
    '1.2.3',
    '1.2.3.4.5',
  ],
  ...[
    '255.255.255.255',
    '256.1.1.1',
    '1.2.3.4x',
    '0x7f.0.0.1',
    '[::1]:1',
    '[::1',
    ']:1',
    '[]:1',
    '"203.0.113.7"',
    'for=203.0.113.7',
  ],
]

it.skipIf(!present && process.env.SCALELAB_REQUIRE !== '1')('the client is the one that nginx sees', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scalelab-client-'))
  chmodSync(folder, 0o755) // started by root, nginx works as nobody
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr; events {}
     http { access_log off; ${temp.join(' ')} set_real_ip_from unix:; real_ip_header X-Forwarded-For; keepalive_requests 100000;
       server { listen unix:${folder}/entry.sock; location / { return 200 $remote_addr; } } }`,
  )
  const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    env,
    stdio: 'ignore',
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const nginxSays = (values: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = values.flatMap((value) => ['X-Forwarded-For', value])
      get({ socketPath: join(folder, 'entry.sock'), agent, headers: ['Host', 'x', ...headers] }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(text === 'unix:' ? PEER : text)
      }).on('error', reject)
    })
  try {
    await expect.poll(() => existsSync(join(folder, 'nginx.pid')), { timeout: 30_000 }).toBe(true)
    const differing: unknown[] = []
    for (const values of [
      ...VALUES.map((value) => [value]),
      ['203.0.113.7', '198.51.100.9'],
      ['203.0.113.7', 'x'],
      [],
    ]) {
      const [nginx, ours] = [await nginxSays(values), clientOf(PEER, values).address]
      if (nginx !== ours) differing.push({ values, nginx, ours })
    }
    expect(differing).toEqual([])
    const text = fc.oneof(fc.string({ unit: fc.constantFrom(...'012f:.[], ') }), fc.ipV6(), fc.ipV4())
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const sent = value.trim()
        expect(clientOf(PEER, [sent]).address).toBe(await nginxSays([sent]))
      }),
      { numRuns: 2_000 },
    )
  } finally {
    agent.destroy()
    nginx.kill('SIGTERM')
    while (nginx.exitCode === null && nginx.signalCode === null) await sleep(10)
    rmSync(folder, { recursive: true, force: true })
  }
})
