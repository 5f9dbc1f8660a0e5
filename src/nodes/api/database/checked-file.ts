import { readFileSync } from 'node:fs'

/** What must hold of a file, and how that is said when it does not. */
export type Rules = readonly [holds: boolean | undefined, rule: string][]

export const ADDRESS = /:\d+$/

/**
 * Reads a JSON file with a password in it.
 * @param rules what must hold; the first that does not is told
 * @throws Error that says what is wrong with it, and never its password
 */
export function readCheckedFile<File>(path: string, rules: (file: File) => Rules): File {
  let file: File
  try {
    file = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Error(`${path} cannot be read: ${error instanceof SyntaxError ? 'it is not JSON' : error}`)
  }
  const broken = rules(file).find(([holds]) => !holds)
  if (broken !== undefined) throw new Error(`${path}: ${broken[1]}`)
  return file
}
