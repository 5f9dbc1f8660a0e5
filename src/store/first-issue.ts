import { toDotPath } from 'zod/v4/core'

/** Where a document differs from its schema first, and how: " at nodes[0].id: expected string", or ": expected object". */
export function firstIssue({
  issues: [issue],
}: {
  issues: readonly { path: readonly PropertyKey[]; message: string }[]
}): string {
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${toDotPath([...issue.path])}`
  return `${where}: ${issue?.message ?? 'it describes nothing'}`
}
