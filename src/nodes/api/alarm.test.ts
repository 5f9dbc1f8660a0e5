import { expect, it } from 'vitest'
import { monotonicMs, startAlarm } from './alarm.js'

it('rings at the moment that was set last, never before it', async () => {
  const rung: number[] = []
  let wake = () => {}
  const alarm = await startAlarm(() => {
    rung.push(monotonicMs())
    wake()
  })
  const ring = (due: number) =>
    new Promise<void>((resolve) => {
      wake = resolve
      alarm.set(due)
    })
  try {
    for (let i = 0; i < 50; i++) {
      const due = monotonicMs() + (i % 10) * 0.37
      await ring(due)
      expect(rung.at(-1)).toBeGreaterThanOrEqual(due)
    }
    expect(rung).toHaveLength(50)

    const begun = monotonicMs()
    alarm.set(begun + 60_000)
    await ring(begun + 5) // earlier than the one before
    expect(monotonicMs() - begun).toBeLessThan(30_000)
    expect(rung).toHaveLength(51)
  } finally {
    await alarm.close()
  }
})
