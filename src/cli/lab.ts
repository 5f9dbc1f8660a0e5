import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { rpsPerGenerator } from '../core/calibration.js'
import type { ExitCode } from '../core/errors.js'
import type { ProcessIdentity } from '../core/process-identity.js'
import type { Engine } from '../engines/port.js'
import type { LoadGenerator } from '../load/port.js'
import { processIdentity } from '../store/process-identity.js'
import { secrets } from '../store/secret.js'
import { stackFolders } from '../store/stack-folders.js'
import { wantsColour } from '../ui/choose-view.js'
import { authorOf } from './author.js'
import type { Engines } from './engine-choice.js'
import type { Os } from './os.js'
import type { Result } from './result.js'
import { imageOverrides } from './stack-options.js'

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
  engines(options?: { image?: readonly string[]; pgVersion?: string; pgBin?: string }): Promise<Engines>
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
  const nodesDir = join(os.packageDir, 'dist', 'nodes')
  const identity = processIdentity()
  let signature: Promise<string | undefined> | undefined
  // Loaded where they are used: dockerode and execa alone would double the time of `scalelab list`.
  const secret = secrets(os.stateDir)
  const engines: Lab['engines'] = async ({ pgBin = os.env.SCALELAB_PG_BIN, ...image } = {}) => {
    const [{ createDockerEngine }, { DEFAULT_IMAGES }, { createProcessEngine }, { serverFolders }] = await Promise.all([
      import('../engines/docker/engine.js'),
      import('../engines/docker/images.js'),
      import('../engines/process/engine.js'),
      import('../engines/process/server-folders.js'),
    ])
    return {
      docker: createDockerEngine({
        home: createHash('sha256').update(`${hostname()}:${os.stateDir}`).digest('hex').slice(0, 12),
        dockerHost: os.env.DOCKER_HOST,
        context: os.env.DOCKER_CONTEXT,
        certPath: os.env.DOCKER_CERT_PATH,
        sshAgent: os.env.SSH_AUTH_SOCK,
        images: { ...DEFAULT_IMAGES, ...imageOverrides(image, os.env) },
        nodesDir,
        secret,
      }),
      process: createProcessEngine({
        folders: stackFolders(os.stateDir),
        identity,
        nodesDir,
        nodeBinary: os.nodeBinary,
        servers: serverFolders(os.stateDir, os.env),
        pgBin: pgBin === undefined ? undefined : resolve(os.cwd, pgBin),
        secret,
        cwd: () => os.cwd,
        env: os.env,
        hurry: os.hurry,
      }),
    }
  }
  return {
    os,
    scenariosDir: join(os.packageDir, 'scenarios'),
    identity,
    secret,
    async generator() {
      const [{ createLoadGenerator }, { calibrationOf }] = await Promise.all([
        import('../load/child-process-generator.js'),
        import('./machine.js'),
      ])
      const calibration = await calibrationOf(os.stateDir)
      return createLoadGenerator({
        rpsPerGenerator: calibration === null ? undefined : rpsPerGenerator(calibration),
        nodeBinary: os.nodeBinary,
        childEntry: join(os.packageDir, 'dist', 'load', 'generator-child.js'),
      })
    },
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
