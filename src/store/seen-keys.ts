/**
 * Which keys there were, and on which lines, in 12 bytes per place of a hash table: 64 bits of a hash of the key, and the
 * line. Keys with the same 64 bits are all kept, for whoever asks to tell them apart.
 */
export class SeenKeys {
  private places: Uint32Array
  private mask: number
  private used = 0

  /** @param expected keys; a wrong guess costs time alone */
  constructor(expected = 1_024) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(16, expected * 1.5)))
    this.places = new Uint32Array(capacity * 3)
    this.mask = capacity - 1
  }

  /**
   * Adds the key that these bytes are.
   * @param line from 1
   * @returns the lines of all keys before it that may be the same; mostly none
   */
  add(bytes: Uint8Array, start: number, end: number, line: number): readonly number[] {
    if ((this.used + 1) * 4 > (this.mask + 1) * 3) this.grow()
    let h1 = 0xdeadbeef
    let h2 = 0x41c6ce57
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number
      h1 = Math.imul(h1 ^ byte, 0x9e3779b1)
      h2 = Math.imul(h2 ^ byte, 0x5f356495)
    }
    // As in cyrb53 (bryc, public domain): each half ends up depending on both.
    const low = Math.imul(h1 ^ (h1 >>> 16), 0x85ebca6b) ^ Math.imul(h2 ^ (h2 >>> 13), 0xc2b2ae35)
    const high = Math.imul(h2 ^ (h2 >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35)
    return this.insert(high >>> 0, low >>> 0, line)
  }

  private insert(high: number, low: number, line: number): readonly number[] {
    const { places, mask } = this
    let same: number[] | null = null
    let place = (low & mask) >>> 0
    while (places[place * 3 + 2] !== 0) {
      if (places[place * 3] === high && places[place * 3 + 1] === low) {
        same ??= []
        same.push(places[place * 3 + 2] as number)
      }
      place = ((place + 1) & mask) >>> 0
    }
    places[place * 3] = high
    places[place * 3 + 1] = low
    places[place * 3 + 2] = line
    this.used += 1
    return same ?? NONE
  }

  private grow(): void {
    const old = this.places
    const capacity = (this.mask + 1) * 2
    this.places = new Uint32Array(capacity * 3)
    this.mask = capacity - 1
    this.used = 0
    for (let place = 0; place < old.length; place += 3) {
      const line = old[place + 2] as number
      if (line !== 0) this.insert(old[place] as number, old[place + 1] as number, line)
    }
  }
}

const NONE: readonly number[] = []
