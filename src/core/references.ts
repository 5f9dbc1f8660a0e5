import { hostInUrl } from './host.js'

/** What a reference can be filled with; each engine has its own answers. */
export interface AddressBook {
  /** The address to listen on: 127.0.0.1 for processes, 0.0.0.0 inside a container. */
  host: string
  /** The port this node listens on. */
  port(name: string): number
  /** "host:port" at which another node is reached from inside the stack. */
  address(node: string, port: string): string
  /** The folder that holds the node's files, as the node sees it. */
  dir: string
  /** The folder of what the node keeps while it is stopped, which the user that its program runs as may enter. */
  data: string
  /** The password of a role; only in files, never in an environment or a command, which others can see. */
  secret(role: string): string
}

const REFERENCE = /\{\{\s*(\w+)(?:\s+([\w-]+))?(?:\s+([\w-]+))?\s*\}\}/g

/**
 * Fills in the references of a text: `{{host}}`, `{{dir}}`, `{{data}}`, `{{port http}}`, `{{listen http}}` (host and port of
 * the node itself, an IPv6 address in brackets), `{{address api-1 http}}`, `{{secret ecomarket}}`.
 * @throws Error on a reference of another form: a topology function made a mistake.
 */
export function fillReferences(text: string, book: AddressBook): string {
  return text.replace(REFERENCE, (whole, kind: string, first?: string, second?: string) => {
    if (kind === 'host' && first === undefined) return book.host
    if (kind === 'dir' && first === undefined) return book.dir
    if (kind === 'data' && first === undefined) return book.data
    if (kind === 'secret' && first !== undefined && second === undefined) return book.secret(first)
    if (kind === 'listen' && first !== undefined && second === undefined)
      return `${hostInUrl(book.host)}:${book.port(first)}`
    if (kind === 'port' && first !== undefined && second === undefined) return String(book.port(first))
    if (kind === 'address' && first !== undefined && second !== undefined) return book.address(first, second)
    throw new Error(`unknown reference ${whole}`)
  })
}
