import type { BalancerPart } from '../port.js'
import { nginxConfig } from './config.js'

export const nginx: BalancerPart = {
  name: 'nginx',
  words: 'nginx',
  title: 'nginx',
  program: {
    kind: 'installed',
    name: 'nginx',
    image: 'nginx',
    // Before it has read its configuration nginx would log to a file that only root may write.
    argv: ['nginx', '-e', 'stderr', '-p', '{{dir}}/', '-c', '{{dir}}/nginx.conf'],
    version: ['nginx', '-v'],
    fix: 'apt-get install nginx or brew install nginx, or use the built-in balancer: --balancer builtin',
    stopSignal: 'SIGTERM',
    reloadSignal: 'SIGHUP',
  },
  image: 'nginx:1.29.5-alpine',
  status: '/nginx_status',
  configure: (servers, strategy) => ({ env: {}, files: { 'nginx.conf': nginxConfig(servers, strategy) } }),
}
