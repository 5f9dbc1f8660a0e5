#!/usr/bin/env node
// What can go wrong before the program itself can say it: not built, or not even files enough to load it.
const HELP = {
  ERR_MODULE_NOT_FOUND: 'scalelab is not built or not installed whole\n  npm ci && npm run build',
  EMFILE: 'too few open files are allowed to start\n  ulimit -n 4096',
}

try {
  const { main } = await import('../dist/cli/main.js')
  await main()
} catch (error) {
  if (HELP[error.code] === undefined) throw error
  process.stderr.write(`error: ${HELP[error.code]}\n`)
  process.exitCode = 3
}
