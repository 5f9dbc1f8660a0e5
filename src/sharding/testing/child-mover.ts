import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { ChildTask } from './mover-child.js'

/** Movers in processes of their own, that can be killed. */
export interface ChildMovers {
  start(task: ChildTask): ChildMover
  close(): Promise<void>
}

export interface ChildMover {
  child: ChildProcess
  /** What it said so far. */
  lines: string[]
  ended: Promise<void>
}

export async function childMovers(): Promise<ChildMovers> {
  const folder = await mkdtemp(join(tmpdir(), 'scalelab-mover-'))
  await build({
    entryPoints: [{ in: fileURLToPath(new URL('mover-child.ts', import.meta.url)), out: 'mover' }],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['pg-native', 'vitest'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
  const children: ChildProcess[] = []
  return {
    start(task) {
      const child = spawn(process.execPath, [join(folder, 'mover.mjs'), JSON.stringify(task)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      children.push(child)
      const lines: string[] = []
      let rest = ''
      child.stdout.on('data', (chunk) => {
        const parts = `${rest}${chunk}`.split('\n')
        rest = parts.pop() ?? ''
        lines.push(...parts)
      })
      child.stderr.on('data', (chunk) => lines.push(`stderr: ${chunk}`))
      return { child, lines, ended: once(child, 'close').then(() => undefined) }
    },
    async close() {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
