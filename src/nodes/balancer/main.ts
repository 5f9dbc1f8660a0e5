import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { drain, listen } from '../drain.js'
import { type CompleteConfig, parseConfig } from './config.js'
import { ConnectionStats } from './connection-stats.js'
import { proxy } from './proxy.js'
import { UpstreamGroup } from './upstream-group.js'

// The built-in HTTP balancer. Environment: HOST, PORT, CONFIG (path of a JSON file, core/balancer-config.ts; read again
// on SIGHUP).

const { env } = process
const configPath = env.CONFIG ?? 'balancer.json'

let draining = false
const first = readConfig()
if (first === undefined) process.exit(2)
const group = new UpstreamGroup(first)
const stats = new ConnectionStats()
const options = { group, draining: () => draining, log: (line: string) => console.log(line) }

const server = createServer((request, response) => {
  if (request.url === '/nginx_status') {
    response.writeHead(200, { 'Content-Type': 'text/plain', ...(draining ? { Connection: 'close' } : {}) })
    response.end(stats.text())
  } else {
    proxy(options, request, response)
  }
})
server.keepAliveTimeout = 75_000
server.requestTimeout = 0 // a body may take its time: the server it goes to decides
stats.watch(server)

process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.on('SIGHUP', () => {
  const config = readConfig()
  if (config === undefined) return
  group.reconfigure(config)
  console.log(`balancer reloaded: ${describe(config)}`)
})

try {
  const url = await listen(server, env.HOST ?? '127.0.0.1', Number(env.PORT ?? 8_080))
  console.log(`balancer listening on ${url}: ${describe(first)}`)
} catch (error) {
  console.error(`balancer cannot listen: ${error instanceof Error ? error.message : error}`)
  process.exit(3)
}

/** Drains and ends; the second time, or after 10 s, ends at once. */
async function stop(): Promise<void> {
  if (draining) process.exit(1)
  draining = true
  const drained = drain(server)
  console.log('balancer draining') // from here on no connection is accepted
  process.exit((await drained) ? 0 : 1)
}

/** The configuration in the file, or undefined, with a line in the log, when there is something wrong with it. */
function readConfig(): CompleteConfig | undefined {
  try {
    return parseConfig(readFileSync(configPath, 'utf8'))
  } catch (error) {
    console.error(`balancer: ${configPath}: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

function describe({ strategy, servers }: CompleteConfig): string {
  return `${strategy} over ${servers.map(({ id, address }) => `${id} (${address})`).join(', ')}`
}
