const HEADER = 8

/**
 * Takes apart the stream in which Docker sends a container's output: frames of an 8-byte header (stream number, three
 * zero bytes, big-endian length) and a payload. Lines of stdout and stderr come out in the order in which they were
 * completed; a line may span frames, and chunks end anywhere.
 * Format: Docker Engine API, "Attach to a container", stream format.
 */
export class LogLines {
  #rest: Buffer = Buffer.alloc(0)
  readonly #pending = new Map<number, Buffer>()

  /** The lines that this chunk completes. */
  push(chunk: Buffer): string[] {
    const lines: string[] = []
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= HEADER) {
      const end = HEADER + this.#rest.readUInt32BE(4)
      if (this.#rest.length < end) break
      lines.push(...this.#append(this.#rest[0] ?? 0, this.#rest.subarray(HEADER, end)))
      this.#rest = this.#rest.subarray(end)
    }
    return lines
  }

  /** Lines that were begun and never ended. */
  end(): string[] {
    const lines = [...this.#pending.values()].filter((part) => part.length > 0).map(text)
    this.#pending.clear()
    return lines
  }

  #append(stream: number, payload: Buffer): string[] {
    let part = Buffer.concat([this.#pending.get(stream) ?? Buffer.alloc(0), payload])
    const lines: string[] = []
    for (let at = part.indexOf(0x0a); at >= 0; at = part.indexOf(0x0a)) {
      lines.push(text(part.subarray(0, at)))
      part = part.subarray(at + 1)
    }
    this.#pending.set(stream, part)
    return lines
  }
}

/** All lines of a finished stream. */
export function logLines(output: Buffer): string[] {
  const lines = new LogLines()
  return [...lines.push(output), ...lines.end()]
}

function text(line: Buffer): string {
  return line.toString('utf8').replace(/\r$/, '')
}
