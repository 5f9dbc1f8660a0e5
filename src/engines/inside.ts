import { isAbsolute, normalize, sep } from 'node:path'

/** A relative path, normalized. @throws Error when it leads out of the folder that it is relative to */
export function inside(path: string): string {
  const normal = normalize(path)
  if (isAbsolute(normal) || normal.split(sep).includes('..')) throw new Error(`${path} lies outside the node's folder`)
  return normal
}
