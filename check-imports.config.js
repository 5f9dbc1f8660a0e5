// The import rules (.dependency-cruiser.js), and a guard: with a TypeScript it does not know, dependency-cruiser reads
// no module at all and is content. It must have seen every source file there is.
import { readdirSync, readFileSync } from 'node:fs'
import { cruise, format } from 'dependency-cruiser'
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const config = await extractDepcruiseConfig('./.dependency-cruiser.js')
const result = await cruise(['src'], { ...config.options, ruleSet: config, validate: true }, undefined, {
  tsConfig: extractTSConfig('./tsconfig.json'),
})
const { modules, summary } = result.output
console.log((await format(result.output, { outputType: 'err' })).output)

const sources = readdirSync('src', { recursive: true }).filter((file) => /\.tsx?$/.test(file))
const seen = new Set(modules.map((module) => module.source))
const unseen = sources.filter((file) => !seen.has(`src/${file.replaceAll('\\', '/')}`))
if (unseen.length > 0)
  console.error(`The checker did not see ${unseen.length} of ${sources.length} files: ${unseen[0]}, ...`)

// What no tool above checks: globals, which need no import, and names of programs, which are described in src/parts alone.
const parts = readdirSync('src/parts', { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && entry.name !== 'api' ? [entry.name] : [],
)
const RULES = [
  {
    of: (file) => !/^(cli\/|benchmarks\/|nodes\/[^/]+\/main\.ts|load\/generator-child\.ts)/.test(file),
    found: /\bprocess\.(env|argv|exit|exitCode|stdout|stderr|stdin)\b/,
    why: 'process.env, argv, exit and the streams belong to src/cli',
  },
  {
    of: (file) => /^(core|stats|strategies|parts|topologies|placing|report)\//.test(file),
    found:
      /\b(Date\.now|Date\(\)|Math\.random|(process|performance)\.[a-z]\w*|(fetch|setTimeout|setInterval|setImmediate)\()/,
    why: 'pure code gets the clock and randomness as arguments, and knows no process',
  },
  {
    of: (file) => /^(core|engines|run|lab|report|ui|cli)\//.test(file),
    // How a connection asks for TLS has a setting of the same name.
    found: new RegExp(`(?<!sslnegotiation: )(['"\`])(${parts.join('|')}|postgresql)\\1`, 'i'),
    why: 'a program is known by its part (src/parts), and by nobody else',
  },
]
const product = sources.filter((file) => !/\.test\.tsx?$|\/testing\//.test(file))
const strays = product.flatMap((file) => {
  const text = withoutComments(readFileSync(`src/${file}`, 'utf8'))
  return RULES.flatMap(({ of, found: pattern, why }) => {
    const found = of(file) ? pattern.exec(text) : null
    return found === null ? [] : [`src/${file}: ${found[0]}: ${why}`]
  })
})
for (const stray of strays) console.error(stray)

function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')
}

process.exitCode = summary.error > 0 || unseen.length > 0 || strays.length > 0 ? 1 : 0
