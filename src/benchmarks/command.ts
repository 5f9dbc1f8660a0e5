import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'

/** The built command. */
export const BIN = fileURLToPath(new URL('../../bin/scalelab.js', import.meta.url))

/** The built command line in a folder of its own, which is gone afterwards, as are its stacks. */
export async function withCommandLine<T>(
  fn: (run: (...args: string[]) => Promise<string>, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'scalelab-bench-'))
  const run = (...args: string[]): Promise<string> => runCommand(folder, args)
  try {
    return await fn(run, folder)
  } finally {
    await run('down', '--all')
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs one command to its end. @returns stdout @throws ExecaError with its stderr when it fails */
async function runCommand(folder: string, args: readonly string[]): Promise<string> {
  const env = { SCALELAB_STATE: join(folder, 'state') }
  const { stdout } = await execa(process.execPath, [BIN, ...args], { cwd: folder, env, stdin: 'ignore' })
  return stdout
}
