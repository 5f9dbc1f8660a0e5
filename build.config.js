// The build: tsc for the lab, esbuild for the programs that run inside a stack (each becomes ONE self-contained file,
// so that a container needs nothing but a stock node image and that file).
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

const programs = readdirSync('src/nodes', { withFileTypes: true }).filter((entry) => entry.isDirectory())
const { metafile } = await build({
  entryPoints: programs.map(({ name }) => ({ in: `src/nodes/${name}/main.ts`, out: name })),
  outdir: 'dist/nodes',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The PostgreSQL client is CommonJS and asks for Node's own modules with `require`, which a module does not have.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
  },
})

// The licences of what is bundled ask that their notices travel with it. Of every package that is in one of the files, whatever
// has brought it there.
const packages = new Set(
  Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  ),
)
writeFileSync(
  'dist/nodes/THIRD-PARTY-NOTICES.txt',
  [
    'The programs in this folder contain the following packages, with these notices.\n',
    ...[...packages].sort().map(noticeOf),
  ].join(`\n${'-'.repeat(78)}\n\n`),
)

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  // Some have theirs in the README, as its last section.
  const readme = readdirSync(folder).find((file) => /^readme/i.test(file))
  if (texts.length === 0 && readme !== undefined) {
    texts.push(
      ...readFileSync(join(folder, readme), 'utf8')
        .split(/^#+\s*licen[cs]e\s*$/im)
        .slice(1)
        .map((text) => text.trim()),
    )
  }
  if (!texts.some((text) => /copyright|public domain/i.test(text))) {
    throw new Error(`${name} is bundled, and its package has no text of a licence: bundle another one`)
  }
  return `${name} ${version} (${license})\n\n${texts.join('\n\n')}\n`
}
