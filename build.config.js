// The build: tsc for the lab, esbuild for the programs that run inside a stack (each becomes ONE self-contained file,
// so that a container needs nothing but a stock node image and that file).
import { execFileSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

const programs = readdirSync('src/nodes', { withFileTypes: true }).filter((entry) => entry.isDirectory())
await build({
  entryPoints: programs.map(({ name }) => ({ in: `src/nodes/${name}/main.ts`, out: name })),
  outdir: 'dist/nodes',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The PostgreSQL client is CommonJS and asks for Node's own modules with `require`, which a module does not have.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
  },
})
