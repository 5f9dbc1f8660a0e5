import { join, resolve } from 'node:path'
import type { ExitCode } from '../core/errors.js'
import type { ProcessIdentity } from '../core/process-identity.js'
import type { Engines, LabContext } from '../lab/context.js'
import type { LoadGenerator } from '../load/port.js'
import { processIdentity } from '../store/process-identity.js'
import { secrets } from '../store/secret.js'
import { wantsColour } from '../ui/choose-view.js'
import type { EngineOptions } from './adapters.js'
import { authorOf } from './author.js'
import { type Telling, terminalListener } from './listener.js'
import type { Os } from './os.js'
import type { Result } from './result.js'

/** How text for the terminal is drawn. */
export interface Look {
  colour: boolean
  /** Columns; 100 where there is no terminal. */
  width: number
}

/** What commands work with: a lab whose adapters are made from the operating system's facts, and where results go. */
export interface Lab extends LabContext {
  os: Os
  /** The engines, with the values of --image, --pg-version and --pg-bin. */
  engines(options?: EngineOptions): Promise<Engines>
  look(): Look
  /** A text and a line end on stdout; nothing with --json, whose document is alone there. */
  print(text: string): void
  /**
   * Keeps what --json will write once the command has ended; without --json it is nothing. Called again as more is found: when
   * the command fails, the last one is written beside the error.
   */
  document(value: unknown): void
  /** A line on stderr: remarks, which never mix with results. */
  remark(text: string): void
  /** Sets the exit code of a command that ended in order. */
  exit(code: ExitCode): void
}

/** What is known once the command line is read. */
export interface Given extends Telling {
  /** As --author gives it. */
  author?: string | undefined
}

/** What runs stacks and load: of the operating system, or others in its place. */
export interface Adapters {
  createEngines(
    from: { os: Os; identity: ProcessIdentity; secret: (role: string) => string },
    options?: EngineOptions,
  ): Promise<Engines>
  createGenerator(os: Os): Promise<LoadGenerator>
}

/** The real ones, loaded where they are used: most commands need few of them. */
const ADAPTERS: Adapters = {
  createEngines: async (from, options) => (await import('./adapters.js')).createEngines(from, options),
  createGenerator: async (os) => (await import('./adapters.js')).createGenerator(os),
}

export function createLab(os: Os, result: Result, given: () => Given, adapters: Adapters = ADAPTERS): Lab {
  const identity = processIdentity()
  let signature: Promise<string | undefined> | undefined
  const secret = secrets(os.stateDir)
  const engines: Lab['engines'] = (options) => adapters.createEngines({ os, identity, secret }, options)
  const listener = terminalListener(os, given)
  return {
    os,
    pid: os.pid,
    version: os.version,
    stateDir: os.stateDir,
    scenariosDir: join(os.packageDir, 'scenarios'),
    resolve: (path) => resolve(os.cwd, path),
    signal: os.signal,
    hurry: os.hurry,
    listener,
    identity,
    secret,
    generator: () => adapters.createGenerator(os),
    engines,
    async signed() {
      signature ??= authorOf(os, given().author)
      const name = await signature
      return name === undefined ? {} : { author: name }
    },
    async allEngines() {
      const { process, docker } = await engines()
      return [process, docker]
    },
    look: () => ({
      colour: wantsColour({ isTTY: os.stdout.isTTY === true, env: os.env }),
      width: os.stdout.isTTY ? os.stdout.columns : 100,
    }),
    print(text) {
      if (!result.json) os.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
    },
    document: (value) => result.document(value),
    remark: listener.remark,
    exit(code) {
      result.code = code
    },
  }
}
