import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { byHand } from './by-hand.js'
import type { Lab } from './lab.js'

/** A person or a script at a drill by hand. */
function reader(isTTY: boolean) {
  const stdin = Object.assign(new PassThrough(), { isTTY })
  const stderr = new PassThrough().setEncoding('utf8')
  const ending = new AbortController()
  let shown = ''
  stderr.on('data', (text: string) => {
    shown += text
  })
  const lab = { os: { stdin, stderr, signal: ending.signal } } as unknown as Lab
  const ask = byHand(lab)
  const done: string[] = []
  return {
    stdin,
    ending,
    done,
    shown: () => shown,
    /** Asks for consent to these steps, one after the other. */
    async steps(...titles: string[]): Promise<void> {
      for (const title of titles) {
        await ask({ title, statement: `SELECT '${title}'` })
        done.push(title)
      }
    },
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30))

describe('a drill by hand', () => {
  it('shows every statement and does nothing before a key', async () => {
    const { stdin, done, shown, steps } = reader(true)
    const walk = steps('fence', 'promote')
    await soon()
    expect(shown()).toContain("next: fence\n        SELECT 'fence'\n  Enter goes on, Ctrl-C stops: ")
    expect(done).toEqual([])
    stdin.write('\n')
    await soon()
    expect(done).toEqual(['fence'])
    expect(shown()).toContain("SELECT 'promote'")
    stdin.write('\n')
    await walk
    expect(done).toEqual(['fence', 'promote'])
  })

  it('takes no key that a person pressed before the question', async () => {
    const { stdin, done, steps } = reader(true)
    const walk = steps('a', 'b')
    stdin.write('\n\n\n')
    await soon()
    expect(done).toEqual(['a'])
    stdin.write('\n')
    await walk
  })

  it('waits for a line, not for a letter', async () => {
    const { stdin, done, steps } = reader(true)
    const walk = steps('a')
    stdin.write('y')
    await soon()
    expect(done).toEqual([])
    stdin.write('es\n')
    await walk
  })

  it('takes the lines of a script one for each step, however they come', async () => {
    const { stdin, done, steps } = reader(false)
    const walk = steps('a', 'b', 'c', 'd')
    stdin.write('\n\n')
    await soon()
    expect(done).toEqual(['a', 'b'])
    stdin.write('\n')
    await soon()
    expect(done).toEqual(['a', 'b', 'c'])
    stdin.write('\n')
    await walk
  })

  it.each([
    ['', []],
    ['\n', ['a']],
    ['\n\n', ['a', 'b']],
  ])('takes a closed input for no consent: %j', async (said, consented) => {
    const { stdin, steps, done } = reader(false)
    stdin.end(said)
    await expect(steps('a', 'b', 'c', 'd')).rejects.toMatchObject({ exitCode: 4, message: /stdin is closed/ })
    expect(done).toEqual(consented)
    await expect(steps('e')).rejects.toMatchObject({ exitCode: 4 })
  })

  it.each([0, 1])('stops at Ctrl-C, after %i steps', async (after) => {
    const { stdin, ending, done, steps } = reader(true)
    const reason = new Error('interrupted')
    const walk = steps('a', 'b')
    walk.catch(() => undefined)
    if (after === 1) stdin.write('\n')
    await soon()
    ending.abort(reason)
    await expect(walk).rejects.toBe(reason)
    expect(done).toHaveLength(after)
    await expect(steps('c')).rejects.toBe(reason)
  })
})
