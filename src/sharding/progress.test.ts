import { expect, it } from 'vitest'
import type { ReshardProgress } from '../core/sharding.js'
import { Progress } from './progress.js'

it('says the rate of the last seconds and the time that is left, and counts what was taken back only once', () => {
  let now = 0
  let last: ReshardProgress | undefined
  const progress = new Progress(
    () => now,
    (shown) => {
      last = shown
    },
  )
  progress.remaining(1_000, 4, 1_000)
  expect(last).toMatchObject({ moved_rows: 0, total_rows: 1_000, total_batches: 4, rows_per_s: 0, left_ms: null })
  for (now = 0; now <= 1_000; now += 100) progress.copiedRows(20)
  now = 1_000
  progress.show({})
  // 220 rows, of which 200 came after the first look, in a second.
  expect(last).toMatchObject({ moved_rows: 220, rows_per_s: 200, left_ms: 3_900 })
  progress.takenBack()
  expect(last).toMatchObject({ moved_rows: 0, total_rows: 1_000 })
  progress.batchDone(250, 40)
  progress.batchDone(250, 30)
  expect(last).toMatchObject({ moved_rows: 500, batches: 2, longest_held_ms: 40 })
  // Taken up later: what is left tells how much was moved before.
  progress.remaining(300, 1, 1_000)
  expect(last).toMatchObject({ moved_rows: 700, total_rows: 1_000, total_batches: 3 })
})
