import type { BalancerConfig } from '../../core/balancer-config.js'
import { type BalancerPart, PASSIVE_HEALTH } from '../port.js'

/** Our own balancer (src/nodes/balancer), which needs nothing installed. */
export const builtin: BalancerPart = {
  name: 'builtin',
  words: 'the built-in balancer',
  title: 'built-in balancer',
  program: { kind: 'bundle', bundle: 'balancer' },
  // The same page as nginx's, for the same readers.
  status: '/nginx_status',
  configure(servers, strategy) {
    const config: BalancerConfig = {
      strategy: strategy.name,
      servers: servers.map(({ id, address, weight }) => ({ id, weight, address })),
      max_fails: PASSIVE_HEALTH.maxFails,
      fail_timeout_ms: PASSIVE_HEALTH.failTimeoutMs,
      connect_timeout_ms: PASSIVE_HEALTH.connectTimeoutMs,
    }
    return {
      env: { HOST: '{{host}}', PORT: '{{port http}}', CONFIG: '{{dir}}/balancer.json' },
      files: { 'balancer.json': `${JSON.stringify(config, null, 2)}\n` },
    }
  },
}
