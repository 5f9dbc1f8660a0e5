import { describe, expect, it } from 'vitest'
import { ClientBook } from './client-book.js'

describe('ClientBook', () => {
  it('counts the answers of each instance to each client, clients taking turns', () => {
    const book = new ClientBook(3)
    for (let k = 0; k < 7; k++) book.answered(k, k % 3 === 2 ? 'api-2' : 'api-1')
    book.answered(7, 'api-2')
    book.answered(8, 'unknown')
    expect(book.encode()).toEqual({ 'api-1': [3, 2, 0], 'api-2': [0, 1, 2] })
  })

  it('gives up where every answer has a name of its own', () => {
    const book = new ClientBook(1)
    for (let k = 0; k < 200; k++) book.answered(k, `request-${k}`)
    expect(Object.keys(book.encode() ?? {})).toHaveLength(200)
    book.answered(200, 'request-200')
    expect(book.encode()).toBeNull()
  })
})
