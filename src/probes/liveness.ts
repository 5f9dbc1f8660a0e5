import { Agent, get } from 'node:http'
import type { Prober } from '../replication/detector.js'
import { Unanswered } from '../replication/session.js'

/**
 * Asks an API instance for /live, over one connection that is kept.
 * @param origin "http://127.0.0.1:20341"
 */
export function livenessProber(origin: string): Prober {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let lost: () => void = () => {}
  const watched = new WeakSet<object>()
  // It is free again after every answer: listened to once, or the listeners pile up.
  agent.on('free', (socket: { once(event: 'close', listener: () => void): void }) => {
    if (watched.has(socket)) return
    watched.add(socket)
    socket.once('close', () => lost())
  })
  return {
    ask: (timeoutMs) =>
      new Promise((resolve, reject) => {
        const request = get(`${origin}/live`, { agent }, (response) => {
          response.resume()
          response.on('error', () => undefined)
          resolve()
        })
        const timer = setTimeout(() => {
          // What has arrived while this process was busy is read first.
          setImmediate(() => request.destroy(new Unanswered(`${origin} gave no answer within ${timeoutMs} ms`)))
        }, timeoutMs)
        request.on('close', () => clearTimeout(timer))
        request.on('error', reject)
      }),
    onLost: (listener) => {
      lost = listener
    },
    close: () => agent.destroy(),
  }
}
