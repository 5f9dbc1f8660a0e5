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

// What no tool above checks: globals, which need no import.
const RULES = [
  {
    of: (file) => !/^(cli\/|benchmarks\/|nodes\/[^/]+\/main\.ts|load\/generator-child\.ts)/.test(file),
    globals: /\bprocess\.(env|argv|exit|exitCode|stdout|stderr|stdin)\b/,
    why: 'process.env, argv, exit and the streams belong to src/cli',
  },
  {
    of: (file) => /^(core|stats|strategies|parts|topologies|placing|report)\//.test(file),
    globals:
      /\b(Date\.now|Date\(\)|Math\.random|(process|performance)\.[a-z]\w*|(fetch|setTimeout|setInterval|setImmediate)\()/,
    why: 'pure code gets the clock and randomness as arguments, and knows no process',
  },
]
const product = sources.filter((file) => !/\.test\.tsx?$|\/testing\//.test(file))
const strays = product.flatMap((file) => {
  const text = withoutComments(readFileSync(`src/${file}`, 'utf8'))
  return RULES.flatMap(({ of, globals, why }) => {
    const found = of(file) ? globals.exec(text) : null
    return found === null ? [] : [`src/${file}: ${found[0]}: ${why}`]
  })
})
for (const stray of strays) console.error(stray)

function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '')
}

process.exitCode = summary.error > 0 || unseen.length > 0 || strays.length > 0 ? 1 : 0
