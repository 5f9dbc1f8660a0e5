/** What came back for a request. A connection uses one object for all its answers: take from it at once what is needed. */
export interface Answer {
  status: number
  /** Which instance answered: X-Instance-ID, else X-Upstream, else "unknown". */
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

/** Fills in what the headers say of the database. @param headers names and values in turn, as they came */
export function readDatabaseHeaders(headers: readonly string[], answer: Answer): void {
  answer.node = null
  answer.gathered = false
  answer.lsn = null
  answer.outcome = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    // Comparing lengths first spares most headers the lower-casing.
    if (name.length === 9 && name.toLowerCase() === 'x-db-node') answer.node = headers[i + 1] || null
    else if (name.length === 7 && name.toLowerCase() === 'x-shard')
      answer.gathered = (headers[i + 1] ?? '').includes(',')
    else if (name.length === 5 && name.toLowerCase() === 'x-lsn') answer.lsn = headers[i + 1] || null
    else if (name.length === 15 && name.toLowerCase() === 'x-write-outcome') answer.outcome = headers[i + 1] || null
  }
}

/**
 * The version in the body of a session, `{"user_id":"user-000001","version":7,"data":{...}}`; null where there is none.
 * The first one counts: data may hold anything.
 */
export function versionIn(body: string): number | null {
  const match = /"version"\s*:\s*"?(\d+)/.exec(body)
  return match === null ? null : Number(match[1])
}
