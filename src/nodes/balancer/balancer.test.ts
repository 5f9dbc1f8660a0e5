import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { BalancerConfig } from '../../core/balancer-config.js'
import { balancingStrategy } from '../../strategies/balancing/registry.js'
import { ask, bundle, type Running, start, temporaryFolder } from '../api/testing/program.js'

const folder = temporaryFolder()
const running: Running[] = []
const servers: (Server | TcpServer)[] = []
let program = ''
let configs = 0

beforeAll(async () => {
  program = await bundle('balancer', folder.path)
})
afterAll(() => folder.remove())
afterEach(async ({ task }) => {
  for (const { lines } of running) if (task.result?.state === 'fail') console.log(lines.join('\n'))
  await Promise.all(running.splice(0).map((balancer) => balancer.kill()))
  await Promise.all(servers.splice(0).map(close))
})

function close(server: Server | TcpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}

interface Backend {
  address: string
  port: number
  server: Server
  /** Requests that came in, as "GET /path". */
  seen: string[]
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A real HTTP server that answers with its name, or as it is told. */
async function backend(name: string, handler?: Handler, port = 0): Promise<Backend> {
  const seen: string[] = []
  const server = createServer((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`)
    if (handler !== undefined) handler(incoming, response)
    else response.end(name)
  })
  server.keepAliveTimeout = 75_000
  const address = await listening(server, port)
  return { address: `127.0.0.1:${address.port}`, port: address.port, server, seen }
}

/** A server on the level of TCP, for behaviour that no HTTP server shows. */
async function tcpBackend(onData: Parameters<typeof createTcpServer>[1]): Promise<string> {
  const server = createTcpServer(onData)
  return `127.0.0.1:${(await listening(server, 0)).port}`
}

async function listening(server: Server | TcpServer, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  servers.push(server)
  return server.address() as AddressInfo
}

/** An address where nobody listens. */
async function deadAddress(): Promise<string> {
  const { address, server } = await backend('dead')
  await close(server)
  return address
}

interface Balancer extends Running {
  configure: (addresses: readonly string[], options?: Partial<BalancerConfig>) => void
  configPath: string
}

async function balance(addresses: readonly string[], options: Partial<BalancerConfig> = {}): Promise<Balancer> {
  const configPath = join(folder.path, `balancer-${configs++}.json`)
  const configure: Balancer['configure'] = (list, more = options) => {
    const config: BalancerConfig = {
      strategy: 'round-robin',
      servers: list.map((address, i) => ({ id: `api-${i + 1}`, address, weight: 1 })),
      max_fails: 1,
      fail_timeout_ms: 60_000,
      ...more,
    }
    writeFileSync(configPath, JSON.stringify(config))
  }
  configure(addresses)
  const program_ = await start(program, { CONFIG: configPath })
  running.push(program_)
  return { ...program_, configure, configPath }
}

/** The bodies of `count` answers to requests sent one after another. */
async function bodies(url: string, count: number, options: Parameters<typeof ask>[1] = {}): Promise<string[]> {
  const list: string[] = []
  for (let i = 0; i < count; i++) list.push((await ask(url, options)).body)
  return list
}

async function logged(balancer: Running, text: string): Promise<void> {
  while (!balancer.lines.some((line) => line.includes(text))) await sleep(5)
}

describe('the choice of a server', () => {
  it('follows the strategy', async () => {
    const names = ['a', 'b', 'c']
    const backends = await Promise.all(names.map((name) => backend(name)))
    const addresses = backends.map(({ address }) => address)
    const weighted = addresses.map((address, i) => ({ id: `api-${i + 1}`, address, weight: i === 0 ? 3 : 1 }))
    const roundRobin = await balance(addresses)
    expect((await bodies(roundRobin.url, 6)).join('')).toBe('abcabc')
    const smooth = await balance(addresses, { strategy: 'weighted', servers: weighted })
    expect((await bodies(smooth.url, 10)).join('')).toBe('abacaabaca')
    const leastConn = await balance(addresses, { strategy: 'least-conn' })
    expect((await bodies(leastConn.url, 6)).join('')).toBe('abcabc')
    const hashed = await balance(addresses, { strategy: 'ip-hash' })
    const picker = balancingStrategy('ip-hash')?.picker(names.map((id) => ({ id, weight: 1 })))
    for (let i = 0; i < 20; i++) {
      const client = `203.${i * 11}.${i}.7`
      const index = picker?.pick({ available: [true, true, true], inFlight: [0, 0, 0], client }) ?? -1
      expect(await bodies(hashed.url, 2, { headers: { 'x-forwarded-for': client } })).toEqual([
        names[index],
        names[index],
      ])
    }
  })

  it('with least-conn avoids the server that is busy, and counts requests that were given up as over', async () => {
    const waiting: ServerResponse[] = []
    const slow = await backend('slow', (_, response) => waiting.push(response))
    const quick = await backend('quick')
    const balancer = await balance([slow.address, quick.address], { strategy: 'least-conn' })
    const leaving = new AbortController()
    const stuck = ask(balancer.url, { signal: leaving.signal }).catch(() => 'gone')
    while (waiting.length === 0) await sleep(5)
    expect(new Set(await bodies(balancer.url, 10))).toEqual(new Set(['quick']))
    const closed = new Promise((resolve) => waiting[0]?.once('close', resolve))
    leaving.abort()
    expect(await stuck).toBe('gone')
    await closed // the client's leaving has ended the request at the server
    const next = ask(balancer.url)
    const after = ask(balancer.url)
    while (waiting.length === 1) await sleep(5) // slow is as free as quick, so it has its turn again
    waiting[1]?.end('slow')
    expect([(await next).body, (await after).body].sort()).toEqual(['quick', 'slow'])
  })
})

describe('a request', () => {
  it('goes on with its own headers and those that say who asked; the answer says who answered', async () => {
    const { address } = await backend('a', (incoming, response) => {
      response.writeHead(201, 'Made', ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Hop', '1', 'Connection', 'X-Hop'])
      response.end(JSON.stringify({ headers: incoming.headers, url: incoming.url }))
    })
    const balancer = await balance([address])
    const headers = { host: 'shop.example', connection: 'keep-alive, X-Secret', 'x-secret': '1', 'x-other': '2' }
    const reply = await ask(`${balancer.url}/api/products?limit=1`, {
      headers: { ...headers, 'x-forwarded-for': '203.0.113.9' },
    })
    const seen = JSON.parse(reply.body)
    expect(seen.url).toBe('/api/products?limit=1')
    expect(seen.headers).toMatchObject({
      host: 'shop.example',
      'x-other': '2',
      'x-forwarded-for': '203.0.113.9, 203.0.113.9',
      'x-real-ip': '203.0.113.9',
    })
    expect(seen.headers['x-secret']).toBeUndefined()
    expect(reply.status).toBe(201)
    expect(reply.headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(reply.headers['x-upstream']).toBe(address)
    expect(reply.headers['x-hop']).toBeUndefined()
  })

  it('uses connections again', async () => {
    let connections = 0
    const { address, server } = await backend('a')
    server.on('connection', () => connections++)
    const balancer = await balance([address])
    await bodies(balancer.url, 20)
    expect(connections).toBe(1)
  })

  it('to /live reaches the server, one to /nginx_status the balancer', async () => {
    const { address, seen } = await backend('a')
    const balancer = await balance([address])
    await bodies(`${balancer.url}/live`, 3)
    const { body } = await ask(`${balancer.url}/nginx_status`)
    expect(body).toMatch(
      /^Active connections: 1 \nserver accepts handled requests\n 4 4 4 \nReading: 0 Writing: 1 Waiting: 0 \n$/,
    )
    expect(seen).toEqual(['GET /live', 'GET /live', 'GET /live'])
  })
})

describe('a server that fails', () => {
  it('costs no GET: another answers, and it rests', async () => {
    const dead = await deadAddress()
    const { address } = await backend('alive')
    const balancer = await balance([dead, address])
    expect(new Set(await bodies(balancer.url, 6))).toEqual(new Set(['alive']))
    const rests = balancer.lines.filter((line) => line.includes('rests'))
    expect(rests).toEqual([expect.stringContaining(`api-1 (${dead}) rests for 60000 ms: connect ECONNREFUSED`)])
  })

  it('is tried at most once per request; when none answers that is 502', async () => {
    const arrivals: string[] = []
    const dying = (name: string) =>
      tcpBackend((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => {
          arrivals.push(name)
          socket.destroy()
        })
      })
    const balancer = await balance([await dying('a'), await dying('b')])
    const reply = await ask(balancer.url)
    expect(reply.status).toBe(502)
    expect(arrivals).toEqual(['a', 'b'])
  })

  it('gets a POST once, and nobody else does', async () => {
    const once = await backend('once', (incoming) => incoming.on('end', () => incoming.socket.destroy()).resume())
    const other = await backend('other')
    const balancer = await balance([once.address, other.address])
    expect((await ask(balancer.url, { method: 'POST', body: 'order' })).status).toBe(502)
    expect([once.seen, other.seen]).toEqual([['POST /'], []])
    const refused = await balance([await deadAddress(), other.address])
    expect((await ask(refused.url, { method: 'POST', body: 'order' })).status).toBe(502)
    expect(other.seen).toEqual([])
  })

  it('costs a PUT nothing as long as its body has not begun to be sent', async () => {
    const echo = await backend('echo', (incoming, response) => incoming.pipe(response))
    const balancer = await balance([await deadAddress(), echo.address])
    expect((await ask(balancer.url, { method: 'PUT', body: 'whole' })).body).toBe('whole')
    const once = await backend('once', (incoming) => incoming.once('data', () => incoming.socket.destroy()))
    const begun = await balance([once.address, echo.address])
    expect((await ask(begun.url, { method: 'PUT', body: 'half' })).status).toBe(502)
    expect(once.seen).toEqual(['PUT /'])
  })

  it('comes back after fail_timeout', async () => {
    const mortal = await backend('mortal')
    const other = await backend('other')
    const balancer = await balance([mortal.address, other.address], { fail_timeout_ms: 300 })
    expect(new Set(await bodies(balancer.url, 4))).toEqual(new Set(['mortal', 'other']))
    await close(mortal.server)
    expect(new Set(await bodies(balancer.url, 6))).toEqual(new Set(['other']))
    await backend('mortal', undefined, mortal.port)
    for (const end = performance.now() + 10_000; performance.now() < end; ) {
      if ((await ask(balancer.url)).body === 'mortal') break
      await sleep(20)
    }
    await logged(balancer, `api-1 (${mortal.address}) answers again`)
    expect((await bodies(balancer.url, 4)).sort()).toEqual(['mortal', 'mortal', 'other', 'other'])
  })

  it('is tried all the same when all rest', async () => {
    const port = Number((await deadAddress()).split(':')[1])
    const balancer = await balance([`127.0.0.1:${port}`, await deadAddress()])
    expect((await ask(balancer.url)).status).toBe(502)
    await backend('back', undefined, port)
    expect((await ask(balancer.url)).body).toBe('back')
  })

  it('by its silence gives 504, and another may answer in its place', async () => {
    const silent = await backend('silent', () => {})
    const alone = await balance([silent.address], { read_timeout_ms: 150 })
    expect((await ask(alone.url)).status).toBe(504)
    expect((await ask(alone.url, { method: 'POST', body: 'x' })).status).toBe(504)
    const other = await backend('other')
    const balancer = await balance([silent.address, other.address], { read_timeout_ms: 150 })
    expect((await ask(balancer.url)).body).toBe('other')
  })

  it('by taking no connection is given up after the connect time-out', async () => {
    // A stopped process whose backlog is full: the system does not answer further connections.
    const listener = `const s = require('net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 },
      () => console.log('listening on http://127.0.0.1:' + s.address().port))`
    const file = join(folder.path, 'listener.cjs')
    writeFileSync(file, listener)
    const deaf = await start(file, {})
    running.push(deaf)
    deaf.child.kill('SIGSTOP')
    const fillers = Array.from({ length: 4 }, () => connect(deaf.port, '127.0.0.1').on('error', () => {}))
    await sleep(100)
    const other = await backend('other')
    const balancer = await balance([`127.0.0.1:${deaf.port}`, other.address], { connect_timeout_ms: 200 })
    expect((await ask(balancer.url)).body).toBe('other')
    await logged(balancer, 'no connection within 200 ms')
    for (const filler of fillers) filler.destroy()
  })

  it('only by having closed an idle connection does not count as failing', async () => {
    // answers the first request of every connection and drops the connection when the second arrives
    let dropped = 0
    const address = await tcpBackend((socket) => {
      let requests = 0
      socket.on('error', () => {})
      socket.on('data', () => {
        if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale')
        else {
          dropped++
          socket.destroy()
        }
      })
    })
    const balancer = await balance([address])
    expect(await bodies(balancer.url, 5)).toEqual(Array(5).fill('stale'))
    expect(dropped).toBeGreaterThan(0)
    await bodies(balancer.url, 1)
    expect(balancer.lines.join('\n')).not.toContain('rests')
  })
})

describe('bodies', () => {
  it('stream both ways at once', async () => {
    const echo = await backend('echo', (incoming, response) => incoming.pipe(response))
    const balancer = await balance([echo.address])
    const chunk = Buffer.alloc(1024 * 1024, 'scalelab ')
    const sent = createHash('sha256')
    const received = createHash('sha256')
    const outgoing = request(balancer.url, { method: 'POST' })
    const response = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject)
    })
    sent.update(chunk)
    outgoing.write(chunk)
    const incoming = await response // the answer begins while the request is still being sent
    let bytes = 0
    const ended = new Promise((resolve) => incoming.on('end', resolve))
    incoming.on('data', (part: Buffer) => {
      bytes += part.length
      received.update(part)
    })
    for (let i = 0; i < 31; i++) {
      sent.update(chunk)
      if (!outgoing.write(chunk)) await new Promise((resolve) => outgoing.once('drain', resolve))
    }
    outgoing.end()
    await ended
    expect(bytes).toBe(32 * 1024 * 1024)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })

  it('wait for a client that reads slowly, instead of filling memory', async () => {
    const size = 256 * 1024 * 1024
    let written = 0
    const { address } = await backend('big', (_, response) => {
      response.writeHead(200, { 'Content-Length': size })
      const part = Buffer.alloc(256 * 1024)
      const more = () => {
        while (written < size && !response.destroyed) {
          written += part.length
          if (!response.write(part)) break
        }
      }
      response.on('drain', more)
      more()
    })
    const balancer = await balance([address])
    const outgoing = request(balancer.url)
    outgoing.end()
    const incoming = await new Promise<IncomingMessage>((resolve) => outgoing.on('response', resolve))
    incoming.pause()
    let last = -1
    while (written !== last) {
      last = written
      await sleep(300)
    }
    expect(written).toBeLessThan(size / 4)
    outgoing.destroy()
  })

  it('that are cut off at the server are cut off for the client', async () => {
    const { address } = await backend('cut', (_, response) => {
      response.writeHead(200, { 'Content-Length': 1000 })
      response.write('begun', () => response.destroy())
    })
    const balancer = await balance([address])
    await expect(ask(balancer.url)).rejects.toThrow()
  })

  it('without a length are framed, whatever the method', async () => {
    const { address } = await backend('echo', (incoming, response) => incoming.pipe(response))
    const balancer = await balance([address])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (const method of ['DELETE', 'GET', 'POST']) {
      const headers = { 'transfer-encoding': 'chunked' }
      expect((await ask(balancer.url, { method, headers, body: `${method} body`, agent })).body).toBe(`${method} body`)
    }
    agent.destroy()
  })

  it('that the server does not want do not keep the client from its answer', async () => {
    const { address } = await backend('no', (_, response) => {
      response.writeHead(413)
      response.end('too large')
    })
    const balancer = await balance([address])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let i = 0; i < 3; i++) {
      const reply = await ask(balancer.url, { method: 'POST', body: 'x'.repeat(3 * 1024 * 1024), agent })
      expect([reply.status, reply.body]).toEqual([413, 'too large'])
    }
    agent.destroy()
  })
})

describe('signals', () => {
  it('SIGHUP takes over a new configuration without losing a request', async () => {
    const slowly: Handler = (_, response) => {
      setTimeout(() => response.end('ok'), 5)
    }
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => backend(name, slowly)))
    if (a === undefined || b === undefined || c === undefined) throw new Error('no backends')
    const balancer = await balance([a.address, b.address])
    const agent = new Agent({ keepAlive: true })
    const failures: unknown[] = []
    let done = false
    let answers = 0
    const client = async () => {
      while (!done) {
        try {
          const { status } = await ask(balancer.url, { agent, method: 'POST', body: 'x' }) // a POST shows every slip
          if (status !== 200) failures.push(status)
          answers++
        } catch (error) {
          failures.push(error)
        }
      }
    }
    const clients = Array.from({ length: 12 }, client)
    for (let i = 0; i < 8; i++) {
      balancer.configure(i % 2 === 0 ? [c.address] : [a.address, b.address])
      const reloads = balancer.lines.filter((line) => line.includes('reloaded')).length
      balancer.child.kill('SIGHUP')
      while (balancer.lines.filter((line) => line.includes('reloaded')).length === reloads) await sleep(5)
      const before = answers
      while (answers < before + 30) await sleep(5)
    }
    const seen = c.seen.length
    const before = answers
    while (answers < before + 50) await sleep(5)
    expect(c.seen.length).toBe(seen) // the last configuration has no c
    writeFileSync(balancer.configPath, '{"strategy":"round-robin","servers":[]}')
    balancer.child.kill('SIGHUP')
    await logged(balancer, 'servers must be a list of at least one server')
    await bodies(balancer.url, 2)
    done = true
    await Promise.all(clients)
    agent.destroy()
    expect(failures).toEqual([])
    expect(c.seen.length).toBeGreaterThan(0)
  }, 20_000)

  it('SIGTERM lets what is in flight finish', async () => {
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    let answer = () => {}
    const { address } = await backend('slow', (_, response) => {
      answer = () => response.end('done')
      arrived()
    })
    const balancer = await balance([address])
    const agent = new Agent({ keepAlive: true })
    await ask(`${balancer.url}/nginx_status`, { agent })
    const inFlight = ask(balancer.url, { agent })
    await arrival
    balancer.child.kill('SIGTERM')
    await logged(balancer, 'draining')
    await expect(ask(balancer.url)).rejects.toThrow('ECONNREFUSED')
    answer()
    const reply = await inFlight
    expect([reply.body, reply.headers.connection]).toEqual(['done', 'close'])
    expect(await balancer.exit).toBe(0)
    agent.destroy()
  })

  it('a configuration that cannot be read ends the start with a reason', async () => {
    const missing = start(program, { CONFIG: join(folder.path, 'none.json') })
    await expect(missing).rejects.toThrow(/ended with 2.*\n.*none.json.*ENOENT/)
  })
})
