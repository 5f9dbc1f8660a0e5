// The build: tsc for the lab; esbuild for the programs that run inside a stack (each becomes ONE self-contained file, so that
// a container needs nothing but a stock node image and that file) and for the command (it starts in half the time that its
// 560 modules one by one would take).
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { parse } from 'yaml'

rmSync('dist', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], { stdio: 'inherit' })

const BUNDLE = {
  bundle: true,
  metafile: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Some packages are CommonJS and ask for Node's own modules with `require`, which a module does not have.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
  },
}

const programs = readdirSync('src/nodes', { withFileTypes: true }).filter((entry) => entry.isDirectory())
const nodes = await build({
  ...BUNDLE,
  entryPoints: programs.map(({ name }) => ({ in: `src/nodes/${name}/main.ts`, out: name })),
  outdir: 'dist/nodes',
  outExtension: { '.js': '.mjs' },
})
writeNotices('dist/nodes', nodes.metafile)

/** Packages that every command loads. What only some need is loaded from where it is installed. */
const EVERY_COMMAND = ['cli-table3', 'commander', 'csv-parse', 'execa', 'pg', 'yaml', 'zod']
const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const command = await build({
  ...BUNDLE,
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist/cli',
  // What is imported when it is needed stays a file of its own, beside main.js.
  splitting: true,
  external: Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !EVERY_COMMAND.includes(name)),
})
writeNotices('dist/cli', command.metafile)

// What the built-in files hold, by their text: parsing them takes `list` as long as all else.
const texts = readdirSync('scenarios')
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(join('scenarios', file), 'utf8'))
writeFileSync('dist/scenarios.json', JSON.stringify(Object.fromEntries(texts.map((text) => [text, parse(text)]))))

/**
 * The licences of what is bundled ask that their notices travel with it. Of every package that is in one of the files, whatever
 * has brought it there.
 */
function writeNotices(folder, { outputs }) {
  const packages = new Set(
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
    ),
  )
  writeFileSync(
    join(folder, 'THIRD-PARTY-NOTICES.txt'),
    [
      'The programs in this folder contain the following packages, with these notices.\n',
      ...[...packages].sort().map(noticeOf),
    ].join(`\n${'-'.repeat(78)}\n\n`),
  )
}

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
