import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

/** Runs one command to its end. @returns stdout @throws Error with its stderr when it fails */
function runCommand(folder: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd: folder,
      env: { ...process.env, SCALELAB_STATE: join(folder, 'state') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else reject(new Error(`scalelab ${args.join(' ')} ended with ${code}\n${stderr}`))
    })
  })
}
