import type { NodeSpec } from '../../core/topology.js'
import type { Part } from '../port.js'

/** The sample API (src/nodes/api). */
export const api = {
  name: 'api',
  words: 'the sample API',
  title: 'sample API',
  program: { kind: 'bundle', bundle: 'api' },
} satisfies Part

/** What runs in an instance, and when it is ready. */
type Application = Pick<NodeSpec, 'part' | 'program' | 'readiness'>

export const sampleApi: Application = {
  part: api.name,
  program: api.program,
  readiness: { protocol: 'http', port: 'http', path: '/ready', accept: 'ok' },
}

/**
 * The user's own application: a command, in which {port} and {host} are where it must listen, or an image.
 * @param ready path that answers below 500 once it works
 */
export function ownApplication(app: { command: string } | { image: string }, ready: string): Application {
  return {
    part: 'app',
    program:
      'image' in app
        ? { kind: 'image', image: app.image }
        : {
            kind: 'command',
            command: app.command.replaceAll('{port}', '{{port http}}').replaceAll('{host}', '{{host}}'),
          },
    readiness: { protocol: 'http', port: 'http', path: ready, accept: 'answers' },
  }
}
