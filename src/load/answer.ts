import { KEPT_OF_BODY } from '../core/error-answers.js'
import type { ErrorSample } from './port.js'
import type { ResponseReader } from './response-parser.js'

/** What came back for a request. A connection uses one object for all its answers: take from it at once what is needed. */
export interface Answer {
  status: number
  /** Which instance answered: X-Instance-ID, else the last of X-Upstream (behind several tries the last one answered), else "unknown". */
  instance: string
  // From here on: read under a workload only, null where the answer does not say.
  /** Which database server answered: X-DB-Node. */
  node: string | null
  /** Whether several shards gave it together: X-Shard names them all. */
  gathered: boolean
  /** A position at or after the write's commit record: X-LSN. */
  lsn: string | null
  /** What the API knows of a write that failed: X-Write-Outcome. */
  outcome: string | null
  /** Version of the session in the body, where it was asked for. */
  version: number | null
}

export function noAnswer(): Answer {
  return { status: 0, instance: '', node: null, gathered: false, lsn: null, outcome: null, version: null }
}

const INSTANCE_HEADERS = ['x-instance-id', 'x-upstream'] as const
const DATABASE_HEADERS = ['x-db-node', 'x-shard', 'x-lsn', 'x-write-outcome'] as const
/** No more of a body is kept while a version is looked for, in characters. */
const LONGEST_BODY = 16_384

/** Longer names are cut: a server may send whatever it likes, and every name is kept, shown and written. */
const LONGEST_NAME = 100

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name
}

/** Reads the answers of one connection, one after the other. */
export class AnswerReader implements ResponseReader {
  readonly headers: readonly string[]
  readonly ofErrors = ['content-type', 'content-encoding']
  body: ((part: Buffer) => void) | null = null
  wantsVersion = false
  private readonly answer = noAnswer()
  private named = false
  private upstream = ''
  private text = ''
  private type = ''
  private coding = ''
  /** Of the answer under way, where what it says is to be kept. */
  private sample: { parts: Buffer; more: boolean } | null = null
  private readonly keeping = (part: Buffer): void => this.keep(part)

  /**
   * @param asksDatabase whether answers are read for what the database says in them
   * @param wantsError whether what an answer of a status says is to be kept
   */
  constructor(
    asksDatabase: boolean,
    private readonly wantsError: (status: number) => boolean = () => false,
  ) {
    this.headers = asksDatabase ? [...INSTANCE_HEADERS, ...DATABASE_HEADERS] : INSTANCE_HEADERS
  }

  begin(): void {
    const { answer } = this
    answer.instance = ''
    answer.node = null
    answer.gathered = false
    answer.lsn = null
    answer.outcome = null
    answer.version = null
    this.named = false
    this.upstream = ''
    this.text = ''
    this.type = ''
    this.coding = ''
    this.sample = null
  }

  head(status: number): void {
    if (status >= 400 && this.wantsError(status)) this.sample = { parts: Buffer.alloc(0), more: false }
    this.body = this.wantsVersion || this.sample !== null ? this.keeping : null
  }

  /** What the answer that was read last says, where it is to be kept. */
  get said(): ErrorSample | null {
    if (this.sample === null) return null
    const coding = this.coding === '' ? '' : ` (${this.coding})`
    const contentType = `${this.type}${coding}`.trim()
    return { contentType: contentType === '' ? null : contentType, body: this.sample.parts, more: this.sample.more }
  }

  header(name: string, value: string): void {
    const { answer } = this
    if (name === 'x-instance-id') {
      // Of several the first one counts.
      if (!this.named) answer.instance = value
      this.named = true
    } else if (name === 'x-upstream') this.upstream = value
    else if (name === 'x-db-node') answer.node = shortened(value) || null
    else if (name === 'x-shard') answer.gathered = value.includes(',')
    else if (name === 'x-lsn') answer.lsn = value || null
    else if (name === 'x-write-outcome') answer.outcome = value || null
    else if (name === 'content-type') this.type = value
    else if (name === 'content-encoding') this.coding = value
  }

  /** The answer that came, in full. */
  read(status: number): Answer {
    const { answer } = this
    answer.status = status
    if (this.upstream !== '' && !this.named) answer.instance = this.upstream.split(',').at(-1)?.trim() ?? ''
    answer.instance = shortened(answer.instance) || 'unknown'
    if (this.wantsVersion) answer.version = sessionVersionIn(this.text)
    return answer
  }

  private keep(part: Buffer): void {
    if (this.wantsVersion && this.text.length < LONGEST_BODY) this.text += part.toString('latin1')
    if (this.sample === null || this.sample.more) return
    const room = KEPT_OF_BODY - this.sample.parts.length
    this.sample.parts = Buffer.concat([this.sample.parts, part.subarray(0, room)])
    this.sample.more = part.length > room
  }
}

/**
 * The version in the body of a session, `{"user_id":"user-000001","version":7,"data":{...}}`; null where there is none.
 * The first one counts: data may hold anything.
 */
export function sessionVersionIn(body: string): number | null {
  const match = /"version"\s*:\s*"?(\d+)/.exec(body)
  return match === null ? null : Number(match[1])
}
