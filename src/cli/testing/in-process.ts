import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createFakeEngine } from '../../engines/fake/engine.js'
import { createFakeLoadGenerator } from '../../load/fake/fake-load-generator.js'
import type { Adapters } from '../lab.js'
import { runCommandLine } from '../main.js'
import type { Os } from '../os.js'
import { Commands, type Outcome, type RunOptions } from './command-line.js'

/** The command line in this very process, with a state folder and a working folder of its own: it starts nothing. */
export class InProcess extends Commands {
  constructor(private readonly adapters?: Adapters) {
    super(mkdtempSync(join(tmpdir(), 'scalelab-in-process-')))
  }

  async run(args: readonly string[], { env, signal }: Pick<RunOptions, 'env' | 'signal'> = {}): Promise<Outcome> {
    const { os, written } = this.os(args, { env, signal })
    const code = await runCommandLine(os, this.adapters)
    return { code, signal: null, ...written }
  }

  /** What a command sees of the operating system, and what it writes. */
  os(args: readonly string[], { env = {}, signal }: Pick<RunOptions, 'env' | 'signal'> = {}) {
    const written = { stdout: '', stderr: '' }
    const stream = (name: keyof typeof written): PassThrough =>
      new PassThrough().setEncoding('utf8').on('data', (text: string) => {
        written[name] += text
      })
    const stdin = new PassThrough()
    stdin.end()
    const never = new AbortController().signal
    const os = {
      argv: ['node', 'scalelab', ...args],
      env: { ...this.env, DOCKER_HOST: 'unix:///nowhere.sock', ...env },
      cwd: this.folder,
      pid: process.pid,
      nodeBinary: process.execPath,
      stdin,
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      signal: signal ?? never,
      hurry: never,
      atOnce: never,
      interrupt: () => undefined,
      packageDir: fileURLToPath(new URL('../../..', import.meta.url)),
      version: '0.0.0',
      stateDir: this.stateDir,
    } as unknown as Os
    return { os, written }
  }

  dispose(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }
}

/** Stacks that are made up, on the engine of processes, and load in virtual time. Docker is not there. */
export function fakeAdapters(): Adapters {
  const process = createFakeEngine({ name: 'process' })
  const docker = createFakeEngine({
    name: 'docker',
    availability: { ok: false, reason: 'no Docker daemon answers', fix: 'Start it' },
  })
  return {
    createEngines: async () => ({ process, docker }),
    createGenerator: async () => createFakeLoadGenerator(),
  }
}
