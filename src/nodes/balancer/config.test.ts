import { describe, expect, it } from 'vitest'
import { parseConfig, splitAddress } from './config.js'

const server = { id: 'api-1', address: '127.0.0.1:8001', weight: 1 }

describe('the configuration', () => {
  it('fills in what is missing', () => {
    expect(parseConfig('{"strategy":"round-robin","servers":[{"address":"api-1:8000"}]}')).toEqual({
      strategy: 'round-robin',
      servers: [{ id: 'api-1:8000', address: 'api-1:8000', weight: 1 }],
      max_fails: 1,
      fail_timeout_ms: 10_000,
      connect_timeout_ms: 5_000,
      read_timeout_ms: 60_000,
    })
  })

  it.each([
    ['nonsense', /JSON/],
    ['[]', /configuration must be an object/],
    [{ strategy: 'fair', servers: [server] }, /strategy must be one of round-robin, weighted, .* not "fair"/],
    [{ servers: [server] }, /strategy/],
    [{ strategy: 'weighted', servers: [] }, /at least one server/],
    [{ strategy: 'weighted', servers: [server, 7] }, /servers\[1\] must be an object/],
    [{ strategy: 'weighted', servers: [{ ...server, weight: 0 }] }, /servers\[0\].weight .* at least 1, not 0/],
    [{ strategy: 'weighted', servers: [{ ...server, weight: 1.5 }] }, /servers\[0\].weight/],
    [{ strategy: 'weighted', servers: [{ ...server, address: '8001' }] }, /"8001" is not an address/],
    [{ strategy: 'weighted', servers: [{ ...server, id: 1 }] }, /servers\[0\].id/],
    [{ strategy: 'weighted', servers: [server], max_fails: -1 }, /max_fails/],
    [{ strategy: 'weighted', servers: [server], fail_timeout_ms: '10s' }, /fail_timeout_ms/],
  ])('refuses %j', (config, message) => {
    expect(() => parseConfig(typeof config === 'string' ? config : JSON.stringify(config))).toThrow(message)
  })

  it.each([
    ['127.0.0.1:80', '127.0.0.1', 80],
    ['api-1:8000', 'api-1', 8000],
    ['[::1]:65535', '::1', 65535],
  ])('takes %s apart', (address, host, port) => {
    expect(splitAddress(address)).toEqual({ host, port })
  })

  it.each(['', 'host', ':80', 'host:0', 'host:65536', 'host:80:80', '::1:80', 'a b:80'])('refuses "%s"', (address) => {
    expect(() => splitAddress(address)).toThrow('host:port')
  })
})
