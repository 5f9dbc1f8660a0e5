import { EventEmitter } from 'node:events'

const ENTER = '\x1b[?1049h\x1b[H'
const LEAVE = '\x1b[?25h\x1b[?1049l'

const DEFAULT_COLUMNS = 80
const DEFAULT_ROWS = 24

/**
 * The terminal's alternate screen, and the stream that Ink writes to.
 *
 * Why not the terminal itself: on the main screen a resize breaks lines anew, and what Ink takes for its last frame is
 * no longer where it looks for it; the alternate screen is never rewrapped and the scrollback stays untouched. And when a
 * terminal shrinks below the last frame, Ink clears it with its scrollback; so Ink sees a terminal without a lower edge,
 * and whoever draws keeps the frame below `height`.
 */
export class Screen extends EventEmitter {
  readonly isTTY = true
  readonly #stdout: NodeJS.WriteStream
  #entered = false

  constructor(stdout: NodeJS.WriteStream) {
    super()
    this.#stdout = stdout
  }

  get columns(): number {
    return this.#stdout.columns || DEFAULT_COLUMNS
  }

  /** Rows of the terminal. */
  get height(): number {
    return this.#stdout.rows || DEFAULT_ROWS
  }

  /** What Ink reads as the height of the terminal. */
  get rows(): number {
    return Number.MAX_SAFE_INTEGER
  }

  get writable(): boolean {
    return this.#stdout.writable
  }

  get destroyed(): boolean {
    return this.#stdout.destroyed
  }

  get writableEnded(): boolean {
    return this.#stdout.writableEnded
  }

  get writableLength(): number {
    return this.#stdout.writableLength
  }

  readonly write = (text: string, done?: () => void): boolean => this.#stdout.write(text, done)

  enter(): void {
    if (this.#entered) return
    this.#entered = true
    this.write(ENTER)
  }

  /** Back to the main screen, with a cursor. Does nothing where it was left already. */
  readonly leave = (): void => {
    if (!this.#entered) return
    this.#entered = false
    if (!this.destroyed && this.writable) this.write(LEAVE)
  }

  /** Tells Ink that the terminal has another size, after the frame for it was drawn. */
  resized(): void {
    this.emit('resize')
  }

  /** Itself, for Ink, which asks for the type of a whole terminal and uses what is above. */
  asStream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream
  }
}
