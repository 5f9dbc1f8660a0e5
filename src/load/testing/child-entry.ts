import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/**
 * Compiles the generator program for a test, into a folder from which this checkout's packages are found.
 * @returns the program's path, and what removes it again
 */
export async function buildChildEntry(): Promise<{ childEntry: string; remove(): void }> {
  const cache = fileURLToPath(new URL('../../../node_modules/.cache/scalelab/', import.meta.url))
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'load-'))
  const childEntry = join(folder, 'generator-child.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../generator-child.ts', import.meta.url))],
    outfile: childEntry,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  return { childEntry, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
