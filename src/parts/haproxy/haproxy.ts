import { PRIVATE_NETWORKS } from '../../strategies/balancing/ip-address.js'
import type { Algorithm, BalancingStrategy } from '../../strategies/balancing/port.js'
import { type BalancedServer, type BalancerPart, PASSIVE_HEALTH } from '../port.js'

const STATUS = '/haproxy_status'
/** HAProxy takes no greater weight. */
const MAX_WEIGHT = 256

export const haproxy: BalancerPart = {
  name: 'haproxy',
  words: 'HAProxy',
  title: 'HAProxy',
  program: {
    kind: 'installed',
    name: 'haproxy',
    image: 'haproxy',
    // A master that stays when it is told to read its configuration again, and one worker after the other.
    argv: ['haproxy', '-W', '-db', '-f', '{{dir}}/haproxy.cfg'],
    version: ['haproxy', '-v'],
    fix: 'apt-get install haproxy or brew install haproxy, or use the built-in balancer: --balancer builtin',
    stopSignal: 'SIGTERM',
    reloadSignal: 'SIGUSR2',
  },
  image: 'haproxy:3.0-alpine',
  status: STATUS,
  configure: (servers, strategy) => ({ env: {}, files: { 'haproxy.cfg': haproxyConfig(servers, strategy) } }),
}

/** In the backend. The hash leaves all clients but a dead server's where they are. */
const BALANCE: Readonly<Record<Algorithm, string>> = {
  turns: 'balance roundrobin',
  'least-connections': 'balance leastconn',
  'address-hash': 'balance hdr(X-Client-Network)\n  hash-type consistent',
}

/** haproxy.cfg of a balancer: whole, and without anything that needs privileges. */
export function haproxyConfig(servers: readonly BalancedServer[], strategy: BalancingStrategy): string {
  const heaviest = Math.max(...servers.map(({ weight }) => weight))
  const scale = Math.min(1, MAX_WEIGHT / heaviest)
  const lines = servers.map(({ id, address, weight }) => {
    const share = strategy.weighted ? Math.max(1, Math.round(weight * scale)) : 1
    return `  server ${id} ${address} weight ${share} check inter 500ms fastinter 100ms fall 2 rise 2`
  })
  return `# Balancing strategy: ${strategy.name}. ${strategy.summary}
global
  maxconn 8192
  # Where fewer files may be open it takes fewer connections, instead of not starting.
  no strict-limits

defaults
  mode http
  option http-keep-alive
  timeout connect ${PASSIVE_HEALTH.connectTimeoutMs}ms
  timeout client 75s
  timeout server 60s
  # A connection that is refused is tried on another server.
  retries 3
  option redispatch 1

frontend entry
  bind {{listen http}} backlog 4096
  http-request return status 200 content-type text/plain string ok if { path ${STATUS} }
  # Simulated clients come from one machine: their address is the one they say, if they come from a private network.
  acl private src ${PRIVATE_NETWORKS.map(({ cidr }) => cidr).join(' ')}
  http-request set-src req.hdr_ip(X-Forwarded-For,-1) if private { req.hdr_ip(X-Forwarded-For,-1) -m found }
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Client-Network %[src,ipmask(24)]
  option forwardfor
  http-after-response set-header X-Upstream %si:%sp if { srv_id gt 0 }
  default_backend api

backend api
  ${BALANCE[strategy.algorithm]}
${lines.join('\n')}
`
}
