import { join } from 'node:path'
import type { ExitCode } from '../core/errors.js'
import type { ProcessIdentity } from '../core/process-identity.js'
import type { Engine } from '../engines/port.js'
import type { LoadGenerator } from '../load/port.js'
import { processIdentity } from '../store/process-identity.js'
import { secrets } from '../store/secret.js'
import { wantsColour } from '../ui/choose-view.js'
import type { EngineOptions } from './adapters.js'
import { authorOf } from './author.js'
import type { Engines } from './engine-choice.js'
import type { Os } from './os.js'
import type { Result } from './result.js'

/** How text for the terminal is drawn. */
export interface Look {
  colour: boolean
  /** Columns; 100 where there is no terminal. */
  width: number
}

/** What commands work with: every adapter, made from the operating system's facts and nothing else. */
export interface Lab {
  os: Os
  scenariosDir: string
  identity: ProcessIdentity
  /** The password of a database role, of every stack of this state folder. @throws LabError (environment) */
  secret(role: string): string
  generator(): Promise<LoadGenerator>
  /** The engines, with the values of --image, --pg-version and --pg-bin. */
  engines(options?: EngineOptions): Promise<Engines>
  /** The engines in the order in which their stacks are listed. */
  allEngines(): Promise<Engine[]>
  /** Who makes what this command measures, to be put into a record; empty where nobody said. */
  signed(): Promise<{ author?: string }>
  look(): Look
  /** A text and a line end on stdout; nothing with --json, whose document is alone there. */
  print(text: string): void
  /**
   * Keeps what --json will write once the command has ended; without --json it is nothing. Called again as more is found: when
   * the command fails, the last one is written beside the error.
   */
  document(value: unknown): void
  /** A line on stderr: progress and remarks, which never mix with results. */
  remark(text: string): void
  /** Sets the exit code of a command that ended in order. */
  exit(code: ExitCode): void
}

/** @param author as --author gives it, once the command line is read */
export function createLab(os: Os, result: Result, author: () => string | undefined = () => undefined): Lab {
  const identity = processIdentity()
  let signature: Promise<string | undefined> | undefined
  const secret = secrets(os.stateDir)
  // Loaded where they are used: most commands need few of them.
  const engines: Lab['engines'] = async (options) =>
    (await import('./adapters.js')).createEngines({ os, identity, secret }, options)
  return {
    os,
    scenariosDir: join(os.packageDir, 'scenarios'),
    identity,
    secret,
    generator: async () => (await import('./adapters.js')).createGenerator(os),
    engines,
    async signed() {
      signature ??= authorOf(os, author())
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
    remark: (text) => void os.stderr.write(`${text}\n`),
    exit(code) {
      result.code = code
    },
  }
}
