/** Values with a due moment, the earliest first: a binary heap. */
export class DueQueue<T> {
  readonly #heap: { due: number; value: T }[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The earliest due moment, Infinity when empty. */
  get nextDue(): number {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY
  }

  push(due: number, value: T): void {
    const heap = this.#heap
    let index = heap.length
    const entry = { due, value }
    heap.push(entry)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || parent.due <= due) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = entry
  }

  /** Takes out the earliest value if it is due at `now`. */
  popDue(now: number): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.due > now) return undefined
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) this.#sink(last)
    return first.value
  }

  /** Puts an entry in the root's place and lets it sink to where it belongs. */
  #sink(entry: { due: number; value: T }): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const childIndex =
        right !== undefined && left !== undefined && right.due < left.due ? 2 * index + 2 : 2 * index + 1
      const child = heap[childIndex]
      if (child === undefined || child.due >= entry.due) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = entry
  }
}
