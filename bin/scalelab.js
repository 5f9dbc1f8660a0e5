#!/usr/bin/env node
// What can go wrong before the program itself can say it: an old Node, not built, or not even files enough to load it. Nothing
// here may need a Node newer than 12.
// As `engines` in package.json.
const NEEDED = [20, 18, 1]
const HELP = {
  ERR_MODULE_NOT_FOUND: ['scalelab is not built or not installed whole', 'npm ci && npm run build'],
  EMFILE: ['too few open files are allowed to start', 'ulimit -n 4096'],
  ENFILE: ['the whole machine has too many files open', 'lsof | wc -l'],
}

// What happens while the program is loaded is told to it once it is.
const before = { signals: [], parent: process.ppid }
const note = (signal) => before.signals.push(signal)
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
for (const signal of SIGNALS) process.on(signal, note)

const [major, minor, patch] = process.versions.node.split('.').map(Number)
const older = major - NEEDED[0] || minor - NEEDED[1] || patch - NEEDED[2]
if (older < 0) {
  refuse(
    `Node ${NEEDED.join('.')} or newer is needed, and this is ${process.versions.node}`,
    'https://nodejs.org/en/download',
  )
} else {
  import('../dist/cli/main.js')
    .then(({ main }) => {
      const started = main(before)
      for (const signal of SIGNALS) process.removeListener(signal, note)
      return started
    })
    .catch((error) => {
      const help = HELP[error.code]
      if (help === undefined) throw error
      refuse(...help)
    })
}

function refuse(message, hint) {
  process.stderr.write(`error: ${message}\n  ${hint}\n`)
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ error: { message, hint, exit_code: 3 } }, null, 2)}\n`)
  }
  process.exitCode = 3
}
