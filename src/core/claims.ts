import * as z from 'zod'
import { verdictSchema } from './record.js'

/** Version of claims.json. */
export const CLAIMS_SCHEMA = 'scalelab/claims@1'

const count = z.number().int().nonnegative()

/** A claim before anything is measured. */
export const listedClaimSchema = z.object({
  rows: z.array(count).describe('its rows in the list of claims, as its source names them'),
  claim: z.string(),
  source: z.string().nullable(),
  metric: z.string(),
  expected: z.string(),
  min: z.number().nullable().describe('least value that is expected; null for none, or none that is known beforehand'),
  max: z.number().nullable(),
  unit: z.string().describe('of min and max: requests/s, ms, share, ...'),
  scenario: z.string(),
  run: z.string().describe('what it is judged by, as in "load", "drill on a standby", "migration from 3 to 4 shards"'),
})
export type ListedClaim = z.infer<typeof listedClaimSchema>

/** A claim and what came of it. */
export const judgedClaimSchema = listedClaimSchema.extend({
  measured: verdictSchema.shape.measured,
  result: verdictSchema.shape.result,
  reason: verdictSchema.shape.reason,
  records: z.array(z.string()).describe('folders of the runs that it was judged by, from the folder of claims.json'),
})
export type JudgedClaim = z.infer<typeof judgedClaimSchema>

/** What ran for the claims: a stack with its runs, a plan, or several stacks to be compared. */
export const claimUnitSchema = z.object({
  name: z.string(),
  /** 'interrupted': cut off by Ctrl-C; what was judged before counts. */
  outcome: z.enum(['done', 'could not run', 'interrupted', 'not run']),
  reason: z.string().nullable().describe('why it could not run'),
  took_ms: z.number().nullable(),
})

export const claimsRecordSchema = z.object({
  schema: z.literal(CLAIMS_SCHEMA),
  author: z.string().optional().describe('who made it, as in --author; never an address'),
  started_at: z.string(),
  ended_at: z.string(),
  /** 'running': written after each unit, so that a crash loses nothing. */
  status: z.enum(['running', 'complete', 'interrupted']),
  command: z.string(),
  units: z.array(claimUnitSchema),
  claims: z.array(judgedClaimSchema),
  environment: z.object({
    scalelab: z.string(),
    node: z.string(),
    platform: z.string(),
    cpu: z.string(),
    cores: count,
  }),
})
export type ClaimsRecord = z.infer<typeof claimsRecordSchema>

/** The documents of the course that claims are taken from, by the number that scenarios name them by. */
const DOCUMENTS: Readonly<Record<string, { title: string; author?: string }>> = {
  '000': { title: 'Semana 6: Escalabilidad y Distribución' },
  '001': { title: 'EcoMarket - Semana 7: Replicación y Sharding de Base de Datos', author: 'José Palacios' },
  '002': { title: 'Load Balancing and Horizontal Scaling' },
  '003': { title: 'Manual Tecnico Proyecto 2' },
  '004': { title: 'Capitulo 7 - Distribucion' },
}

/** A source as it is cited: the documents in full, "documents 000 and 001, claim 5" by their titles and authors. */
export function citedSource(source: string): string {
  return source.replace(/\bdocuments? (\d{3}(?:(?:, | and )\d{3})*)/g, (_, numbers: string) =>
    numbers.replace(/\d{3}/g, (number) => {
      const document = DOCUMENTS[number]
      if (document === undefined) return `document ${number}`
      return `"${document.title}"${document.author === undefined ? '' : ` by ${document.author}`}`
    }),
  )
}

/** The rows that a source names: "documents 000 and 001, claim 5", "document 000, claims 3 and 4". */
export function rowsOf(source: string | null | undefined): number[] {
  const named = /\bclaims? (\d+(?:(?:, | and )\d+)*)/.exec(source ?? '')?.[1] ?? ''
  return (named.match(/\d+/g) ?? []).map(Number)
}

/** By their rows; those without a row last, and otherwise in the order given. */
export function inOrderOfRows<T extends Pick<ListedClaim, 'rows'>>(claims: readonly T[]): T[] {
  const first = ({ rows }: T): number => rows[0] ?? Number.POSITIVE_INFINITY
  return claims.toSorted((a, b) => (first(a) === first(b) ? 0 : first(a) - first(b)))
}
