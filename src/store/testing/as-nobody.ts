/**
 * Runs as a user without rights, so that permissions mean something: root, as which tests run in containers, may write
 * everywhere. Does nothing for those who are not root.
 */
export async function asNobody<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action()
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}
