import type { NodeSpec, Program, Topology } from '../../core/topology.js'

/**
 * The program that runs in the nodes of the contract suite: one self-contained ES module, for an engine to run as it
 * runs any other program (as a bundle, a command with this text as a file, an image that holds it).
 *
 * It reads HOST, PORT, INSTANCE_ID, DIR and DATA, and MODE:
 * `ok` (default), `never-ready` (complains and never listens), `exit` (complains and exits with 7),
 * `deaf` (ignores SIGTERM). It logs "started <id>" on stdout, "warming <id>" on stderr, "<method> <path>" per request,
 * and "reloaded <id>" on SIGHUP, when it reads DIR/peers.txt again: one "host:port" of another node per line. Each start
 * adds a line "started" to DATA/notes/starts.txt.
 *
 * /ready answers 204; /id the id; /peers the ids that the nodes in peers.txt answer with, joined by commas;
 * /files/<path> the content of a file in DIR as it is now, or 404.
 */
export const TEST_NODE_SOURCE = `
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer, get } from 'node:http'

const { HOST, PORT, INSTANCE_ID, DIR, DATA, MODE } = process.env
let peers = []
const load = () => {
  try {
    peers = readFileSync(DIR + '/peers.txt', 'utf8').split('\\n').filter((line) => line !== '')
  } catch {
    peers = []
  }
}
const ask = (address) =>
  new Promise((resolve, reject) => {
    const request = get('http://' + address + '/id', { agent: false, timeout: 2000 }, (response) => {
      let body = ''
      response.on('data', (chunk) => { body += chunk })
      response.on('end', () => resolve(body))
    })
    request.on('timeout', () => request.destroy(new Error('no answer from ' + address)))
    request.on('error', reject)
  })

console.error('warming ' + INSTANCE_ID)
if (MODE === 'exit') {
  console.log('cannot find my database')
  process.exit(7)
} else if (MODE === 'never-ready') {
  console.log('cannot find my database')
  setInterval(() => {}, 1000)
} else {
  load()
  if (DATA) {
    mkdirSync(DATA + '/notes', { recursive: true })
    appendFileSync(DATA + '/notes/starts.txt', 'started\\n')
  }
  process.on('SIGHUP', () => {
    load()
    console.log('reloaded ' + INSTANCE_ID)
  })
  process.on('SIGTERM', () => {
    console.log('stopping ' + INSTANCE_ID)
    if (MODE !== 'deaf') process.exit(0)
  })
  const server = createServer((request, response) => {
    console.log(request.method + ' ' + request.url)
    if (request.url === '/ready') {
      response.writeHead(204).end()
    } else if (request.url.startsWith('/files/')) {
      try {
        response.end(readFileSync(DIR + request.url.slice('/files'.length)))
      } catch {
        response.writeHead(404).end()
      }
    } else if (request.url === '/peers') {
      Promise.all(peers.map(ask)).then(
        (ids) => response.end(ids.join(',')),
        (error) => response.writeHead(502).end(String(error)),
      )
    } else {
      response.end(INSTANCE_ID)
    }
  })
  server.listen(Number(PORT), HOST, () => console.log('started ' + INSTANCE_ID))
}
`

export type TestNodeMode = 'ok' | 'never-ready' | 'exit' | 'deaf'

/**
 * A node that runs the program above.
 * @param files files besides peers.txt, for engines that take the program itself as a file
 * @param peers ids of the nodes that peers.txt names
 */
export function testNode(
  id: string,
  program: Program,
  options: { mode?: TestNodeMode; files?: Record<string, string>; peers?: string[]; dependsOn?: string[] } = {},
): NodeSpec {
  return {
    id,
    role: options.peers === undefined ? 'api' : 'balancer',
    part: 'test',
    program,
    env: {
      HOST: '{{host}}',
      PORT: '{{port http}}',
      DIR: '{{dir}}',
      DATA: '{{data}}',
      INSTANCE_ID: id,
      MODE: options.mode ?? 'ok',
    },
    files: {
      ...options.files,
      'peers.txt': (options.peers ?? []).map((peer) => `{{address ${peer} http}}\n`).join(''),
    },
    ports: { http: 3000 },
    publish: {},
    dependsOn: options.dependsOn ?? [],
    readiness: { protocol: 'http', port: 'http', path: '/ready', accept: 'ok' },
    limits: {},
    stopGraceMs: 2_000,
  }
}

/** Two replicas and an entry that depends on both: the smallest topology with something to start in parallel. */
export function testTopology(program: Program, files: Record<string, string> = {}): Topology {
  return {
    nodes: [
      testNode('api-1', program, { files }),
      testNode('api-2', program, { files }),
      testNode('entry', program, { files, peers: ['api-1', 'api-2'], dependsOn: ['api-1', 'api-2'] }),
    ],
    entry: { node: 'entry', port: 'http' },
  }
}
