import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { canListen, HostPorts } from './host-ports.js'

describe('ports of the host', () => {
  it('are free, not given twice, and outside the ranges of outgoing connections', async () => {
    const draws = [0, 0, 0.5, 0.5, 0.9999]
    const ports = new HostPorts(
      async (port) => port !== 26_000,
      () => draws.shift() ?? 0.25,
    )
    // 20,000; again 20,000 (given); 26,000 (taken); again; the last
    expect([await ports.take(), await ports.take()]).toEqual([20_000, 31_998])
  })

  it('that are asked for are not replaced', async () => {
    const ports = new HostPorts(async (port) => port !== 8_080)
    expect(await ports.claim(9_090)).toBe(9_090)
    await expect(ports.claim(9_090)).rejects.toThrow('port 9090 is taken')
    await expect(ports.claim(8_080)).rejects.toThrow('port 8080 is taken')
  })

  it('run out with a word', async () => {
    await expect(new HostPorts(async () => false).take()).rejects.toThrow('no free port')
  })

  it('are taken when somebody listens', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    expect(await canListen('127.0.0.1', port)).toBe(false)
    await new Promise((resolve) => server.close(resolve))
    expect(await canListen('127.0.0.1', port)).toBe(true)
  })
})
