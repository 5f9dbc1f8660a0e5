import { PRIVATE_NETWORKS } from '../../strategies/balancing/ip-address.js'
import type { Algorithm, BalancingStrategy } from '../../strategies/balancing/port.js'
import { PASSIVE_HEALTH } from '../port.js'

/** At the head of the upstream block. */
export const DIRECTIVES: Readonly<Record<Algorithm, string>> = {
  turns: '',
  'least-connections': '    least_conn;\n',
  'address-hash': '    ip_hash;\n',
}

/**
 * nginx.conf of a balancer: whole, commented, and free of everything the host may have in /etc/nginx. Runs without
 * privileges from its own folder, which is its prefix (-p): paths are relative to it, and need no quoting.
 * @param servers address as "host:port" or a reference to one
 */
export function nginxConfig(
  servers: readonly { address: string; weight: number }[],
  strategy: BalancingStrategy,
): string {
  const { maxFails, failTimeoutMs, connectTimeoutMs } = PASSIVE_HEALTH
  const serverLines = servers.map(({ address, weight }) => {
    const weightText = strategy.weighted && weight !== 1 ? ` weight=${weight}` : ''
    return `    server ${address}${weightText} max_fails=${maxFails} fail_timeout=${failTimeoutMs / 1_000}s;`
  })
  return `# Balancing strategy: ${strategy.name}. ${strategy.summary}
daemon off;
# One worker: several would each count connections and turns on their own (the zone below shares them, at a price).
worker_processes 1;
pid nginx.pid;
error_log stderr warn;

events {
  worker_connections 8192;
}

http {
  access_log off;
  # Default is 1000: a busy client would be cut off in the middle of a run.
  keepalive_requests 1000000;
  keepalive_timeout 75s;

  client_body_temp_path client-body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;

  # Simulated clients come from one machine: their address is the one they say, if they come from a private network.
${PRIVATE_NETWORKS.map(({ cidr }) => `  set_real_ip_from ${cidr};\n`).join('')}  real_ip_header X-Forwarded-For;

  # Where no server could be asked, nginx names the group instead: then nobody answered but nginx itself.
  map $upstream_addr $answered_by {
    default $upstream_addr;
    "~(^|, )api$" "";
  }

  upstream api {
    zone api 256k;
${DIRECTIVES[strategy.algorithm]}${serverLines.join('\n')}
    keepalive 128;
    keepalive_requests 1000000;
  }

  server {
    listen {{listen http}} backlog=4096;
    # Bodies pass through as they come, so that nothing is written to disk.
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    client_max_body_size 64m;

    location / {
      proxy_pass http://api;
      # Default is 60s: a server that is frozen or unplugged would hold its requests for a minute.
      proxy_connect_timeout ${connectTimeoutMs / 1_000}s;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      add_header X-Upstream $answered_by always;
    }

    location = /nginx_status {
      stub_status;
    }
  }
}
`
}
