/**
 * The password for a connection in the text of a password file: lines of host:port:database:user:password, of which any
 * of the first four may be *; the first that fits counts (https://www.postgresql.org/docs/current/libpq-pgpass.html).
 * @param connection host, port, database and user
 * @throws Error when none fits
 */
export function passwordIn(pgpass: string, connection: readonly string[]): string {
  for (const line of pgpass.split('\n')) {
    const fields = (line.match(/(?:\\.|[^:\\])+/g) ?? []).map((field) => field.replaceAll(/\\(.)/g, '$1'))
    const password = fields[connection.length]
    if (password !== undefined && connection.every((text, index) => ['*', text].includes(fields[index] ?? ''))) {
      return password
    }
  }
  throw new Error(`the password file has no line for ${connection.slice(0, 2).join(':')}`)
}
