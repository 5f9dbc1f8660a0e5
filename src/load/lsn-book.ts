/**
 * How far into the write-ahead log acknowledged writes reach, by the entity they changed: what a read of it has to see
 * to read its client's own writes.
 */
export class LsnBook {
  private readonly entities = new Map<string, string>()
  private highest: string | null = null

  /** A write of this entity is in the log up to here. What is no LSN is passed over. */
  reached(entity: string, lsn: string | null): void {
    if (lsn === null || Number.isNaN(positionOf(lsn))) return
    this.entities.set(entity, later(this.entities.get(entity) ?? null, lsn))
    this.highest = later(this.highest, lsn)
  }

  /** The entity's last acknowledged write, else the last of all; null before the first. */
  after(entity: string): string | null {
    return this.entities.get(entity) ?? this.highest
  }
}

function later(a: string | null, b: string): string {
  return a === null || positionOf(b) > positionOf(a) ? b : a
}

/** The byte position of an LSN as PostgreSQL writes it ("16/B374D848": two hexadecimal halves); NaN for another text. */
function positionOf(lsn: string): number {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(lsn)
  return match === null
    ? Number.NaN
    : Number.parseInt(match[1] ?? '', 16) * 2 ** 32 + Number.parseInt(match[2] ?? '', 16)
}
