import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** The built command. */
export const BIN = fileURLToPath(new URL('../../bin/scalelab.js', import.meta.url))

/** Runs one command of the lab to its end and gives its stdout. */
export type Run = (...args: string[]) => Promise<string>

/** The state folder of the commands, in the folder that they run in. */
export const STATE = 'state'

/** Whether Docker answers; says so when it does not. */
export async function dockerWorks(run: Run): Promise<boolean> {
  const { findings } = JSON.parse(await run('doctor', '--json')) as {
    findings: { what: string; ok: boolean; found: string }[]
  }
  const docker = findings.find((finding) => finding.what === 'docker engine')
  if (docker?.ok !== true) process.stderr.write(`  Docker left out: ${docker?.found}\n`)
  return docker?.ok === true
}

/** The built command line in a folder of its own, which is gone afterwards, as are its stacks. */
export async function withCommandLine<T>(fn: (run: Run, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'scalelab-bench-'))
  const run: Run = (...args) => runCommand(folder, args)
  try {
    return await fn(run, folder)
  } finally {
    await run('down', '--all')
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs one command to its end. @returns stdout @throws ExecaError with its stderr when it fails */
async function runCommand(folder: string, args: readonly string[]): Promise<string> {
  const env = { SCALELAB_STATE: join(folder, STATE) }
  const { stdout } = await execa(process.execPath, [BIN, ...args], { cwd: folder, env, stdin: 'ignore' })
  return stdout
}
