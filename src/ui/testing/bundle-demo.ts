import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Bundles the demo into one file that node runs, since dist holds neither it nor, on a fresh clone, anything else.
 * @returns the file's path, in a folder that git ignores and that lies where packages are found
 */
export async function bundleDemo(): Promise<string> {
  const folder = `${ROOT}node_modules/.cache/scalelab-ui`
  mkdirSync(folder, { recursive: true })
  const outfile = `${folder}/demo-${process.pid}.mjs`
  await build({
    entryPoints: [fileURLToPath(new URL('./demo.tsx', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  })
  return outfile
}
