import { describe, expect, it } from 'vitest'
import type { Connection } from './connection.js'
import { ConnectionPool, NoConnection, Overloaded } from './connections.js'

/** What the pool needs of a connection; `destroy` tells that it is lost, as a closed socket does. */
class FakeConnection {
  usable = true
  waitedMs = 0
  limitMs = 0
  constructor(private readonly broken: () => void) {}
  destroy(): void {
    this.usable = false
    queueMicrotask(this.broken)
  }
}

/** A pool whose connections are made when the test says so. */
function pool(size: number) {
  const opening: { succeed: () => Promise<FakeConnection>; fail: () => Promise<void> }[] = []
  const troubles: string[] = []
  const connections = new ConnectionPool(
    size,
    (broken) =>
      new Promise((resolve, reject) => {
        opening.push({
          async succeed() {
            const connection = new FakeConnection(broken)
            resolve(connection as unknown as Connection)
            await settled()
            return connection
          },
          async fail() {
            reject(new Error('refused'))
            await settled()
          },
        })
      }),
    (error) => troubles.push(error.message),
  )
  return { connections, opening, troubles }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))
const later = () => performance.now() + 60_000

describe('the connections to a server', () => {
  it('are opened as they are needed, at most so many, and go round in the order of asking', async () => {
    const { connections, opening } = pool(2)
    const order: number[] = []
    const taken: Connection[] = []
    for (let i = 0; i < 4; i++) {
      void Promise.resolve(connections.acquire(later())).then((connection) => {
        order.push(i)
        taken.push(connection)
      })
    }
    expect(opening).toHaveLength(2)
    await opening[0]?.succeed()
    await opening[1]?.succeed()
    expect(order).toEqual([0, 1])
    for (const connection of taken.slice(0, 2)) connections.release(connection)
    await settled()
    expect(order).toEqual([0, 1, 2, 3])
    expect(new Set(taken).size).toBe(2)
  })

  it('that cannot be made send those who wait elsewhere, unless there are others', async () => {
    const { connections, opening, troubles } = pool(2)
    const first = connections.acquire(later())
    const refused = expect(first).rejects.toThrow(NoConnection)
    await opening[0]?.fail()
    await refused
    const second = connections.acquire(later())
    await opening[1]?.succeed()
    const third = connections.acquire(later())
    await opening[2]?.fail()
    connections.release(await second)
    expect(await third).toBe(await second)
    expect(troubles).toEqual(['refused', 'refused'])
  })

  it('when all are closed at once leave nobody waiting, and none is used again', async () => {
    const { connections, opening, troubles } = pool(1)
    const first = connections.acquire(later())
    const connection = await opening[0]?.succeed()
    const second = connections.acquire(later())
    const sentAway = expect(second).rejects.toThrow('gone')
    connections.closeAll('gone')
    await sentAway
    expect(connection?.usable).toBe(false)
    connections.release(await first)
    const third = connections.acquire(later())
    await settled()
    await opening[1]?.succeed()
    expect(await third).not.toBe(connection)
    expect(troubles).toEqual([]) // whoever closes them knows
  })

  it('that come after all were closed are not kept', async () => {
    const { connections, opening } = pool(2)
    const asked = connections.acquire(later())
    const sentAway = expect(asked).rejects.toThrow('gone')
    connections.closeAll('gone')
    await sentAway
    expect((await opening[0]?.succeed())?.usable).toBe(false)
  })

  it('that break are replaced for those who wait', async () => {
    const { connections, opening, troubles } = pool(1)
    const first = connections.acquire(later())
    const connection = await opening[0]?.succeed()
    const second = connections.acquire(later())
    connection?.destroy()
    connections.release(await first)
    await settled()
    await opening[1]?.succeed()
    expect((await second).usable).toBe(true)
    expect(troubles).toHaveLength(1)
  })

  it('are not waited for longer than the deadline, nor by more than a thousand', async () => {
    const { connections } = pool(1)
    const late = expect(connections.acquire(performance.now() - 1)).rejects.toThrow(Overloaded)
    const waiting = Array.from({ length: 999 }, () => connections.acquire(later()))
    expect(() => connections.acquire(later())).toThrow(Overloaded)
    connections.sweep(100)
    await late
    const dismissed = waiting.map((one) => expect(one).rejects.toThrow('end'))
    connections.closeAll('end')
    await Promise.all(dismissed)
  })

  it('with a limit are destroyed when it has passed by ticks, not by the clock', async () => {
    const { connections, opening } = pool(1)
    const first = connections.acquire(later())
    const connection = await opening[0]?.succeed()
    const mine = await first
    mine.waitedMs = 0
    mine.limitMs = 200
    connections.sweep(150)
    connections.sweep(50)
    expect(connection?.usable).toBe(true)
    connections.sweep(1)
    expect(connection?.usable).toBe(false)
  })
})
