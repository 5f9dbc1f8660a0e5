import { describe, expect, it } from 'vitest'
import { clientInstances } from './client-instances.js'

describe('clientInstances', () => {
  it.each<[string, number[][], number, number]>([
    [
      'who stays',
      [
        [3, 0],
        [0, 5],
      ],
      2,
      2,
    ],
    [
      'who is sent elsewhere once',
      [
        [3, 9],
        [1, 0],
      ],
      2,
      1,
    ],
    [
      'not who was answered once',
      [
        [1, 2, 0],
        [0, 0, 0],
      ],
      1,
      1,
    ],
    ['who was answered once by each of two', [[1], [1]], 1, 0],
    ['nobody', [], 0, 0],
  ])('counts %s', (_, answers, again, onOne) => {
    expect(clientInstances(answers)).toEqual({ answered_again: again, on_one_instance: onOne })
  })
})
