import { describe, expect, it, vi } from 'vitest'
import { Postponed } from './postponed.js'

describe('postponed work', () => {
  it('is done at once while nothing must be left in peace', () => {
    const work = vi.fn()
    new Postponed().do(work)
    expect(work).toHaveBeenCalledOnce()
  })

  it('waits for what must be left in peace, and is done in its order then', async () => {
    const postponed = new Postponed()
    const done: number[] = []
    let end = (): void => {}
    const peace = postponed.during(new Promise<void>((resolve) => (end = resolve)), 60_000)
    postponed.do(() => done.push(1))
    const turn = postponed.turn().then(() => done.push(3))
    postponed.do(() => done.push(2))
    expect(done).toEqual([])
    end()
    await peace
    await turn
    expect(done).toEqual([1, 2, 3])
  })

  it('is done when what it waits for fails, and when that takes too long', async () => {
    const postponed = new Postponed()
    const work = vi.fn()
    const failing = postponed.during(Promise.reject(new Error('half-way')), 60_000)
    postponed.do(work)
    await expect(failing).rejects.toThrow('half-way')
    expect(work).toHaveBeenCalledOnce()
    void postponed.during(new Promise<never>(() => {}), 5)
    await postponed.turn()
  })
})
