import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { balancingStrategy } from '../../strategies/balancing/registry.js'
import { DIRECTIVES } from './config.js'

// The same clients, in the same order, through the real nginx and through our pickers: the choices must be the same.
// All sockets are UNIX sockets in a folder of their own, so that no port is taken.

const required = process.env.SCALELAB_REQUIRE === '1'
const command = 'nginx'
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } // where Debian has it, not on everybody's PATH
const present = spawnSync(command, ['-v'], { env }).status === 0
const reason = present ? '' : ' (skipped: there is no nginx)'
const LETTERS = 'abc'

let folder = ''
let nginx: ChildProcess | undefined

afterEach(async () => {
  if (nginx !== undefined && nginx.exitCode === null) {
    const ended = new Promise((resolve) => nginx?.once('exit', resolve))
    nginx.kill('SIGTERM')
    await ended
  }
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})

/** Starts nginx over servers a, b, c; one that is not alive has a socket that nobody listens on. */
async function startNginx(directives: readonly string[], weights: readonly number[], alive: readonly boolean[]) {
  folder = mkdtempSync(join(tmpdir(), 'scalelab-nginx-'))
  chmodSync(folder, 0o755) // started by root, nginx works as nobody
  const socket = (name: string) => `unix:${folder}/${name}.sock`
  const letters = [...LETTERS]
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  )
  const upstream = letters.map((letter, i) => `server ${socket(letter)} weight=${weights[i]} fail_timeout=1h;`)
  const backends = letters
    .filter((_, i) => alive[i] === true)
    .map((letter) => `server { listen ${socket(letter)}; return 200 ${letter}; }`)
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
     events { worker_connections 128; }
     http {
       access_log off; ${temp.join(' ')}
       set_real_ip_from unix:; real_ip_header X-Forwarded-For;
       upstream all { ${directives.join(' ')} ${upstream.join(' ')} }
       ${backends.join(' ')}
       server { listen ${socket('entry')}; location / { proxy_pass http://all; } }
     }`,
  )
  nginx = spawn(command, ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')], {
    env,
    stdio: 'inherit',
  })
  for (let i = 0; i < 200 && !existsSync(join(folder, 'nginx.pid')); i++) await sleep(20)
}

async function choicesOfNginx(clients: readonly string[]): Promise<string> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const letters: string[] = []
  for (const client of clients) letters.push(await askOnce(agent, client))
  agent.destroy()
  return letters.join('')
}

function askOnce(agent: Agent, client: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': client }
    get({ socketPath: join(folder, 'entry.sock'), agent, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve(body))
    }).on('error', reject)
  })
}

const clients = [
  ...Array.from({ length: 150 }, (_, i) => `10.${(i * 37) % 256}.${(i * 91) % 256}.${i % 256}`),
  ...Array.from({ length: 50 }, (_, i) => `2001:db8:${(i * 977).toString(16)}::${(i * 31).toString(16)}`),
]

it.skipIf(!present && !required).each([
  ['round-robin', [1, 1, 1], [true, true, true]],
  ['weighted', [5, 1, 1], [true, true, true]],
  ['weighted', [3, 2, 4], [true, true, true]],
  ['least-conn', [3, 1, 1], [true, true, true]],
  ['ip-hash', [1, 1, 1], [true, true, true]],
  ['ip-hash', [3, 1, 2], [true, true, true]],
  ['ip-hash', [1, 1, 1], [true, false, true]],
  ['ip-hash', [1, 4, 1], [true, false, true]],
] as const)(`%s with weights %j and servers alive %j chooses as nginx does${reason}`, async (name, weights, alive) => {
  if (!present) throw new Error('SCALELAB_REQUIRE=1, and there is no nginx')
  const strategy = balancingStrategy(name)
  if (strategy === undefined) throw new Error(`no strategy ${name}`)
  const picker = strategy.picker(weights.map((weight, i) => ({ id: LETTERS[i] ?? '', weight })))
  const ours = clients.map((client) => LETTERS[picker.pick({ available: alive, inFlight: [0, 0, 0], client })]).join('')
  await startNginx([DIRECTIVES[strategy.algorithm]], weights, alive)
  expect(await choicesOfNginx(clients)).toBe(ours)
})
