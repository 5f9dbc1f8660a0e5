import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { rpsPerGenerator } from '../core/calibration.js'
import type { ProcessIdentity } from '../core/process-identity.js'
import type { Engines } from '../lab/context.js'
import type { LoadGenerator } from '../load/port.js'
import { stackFolders } from '../store/stack-folders.js'
import type { Os } from './os.js'
import { imageOverrides } from './stack-options.js'

/** The values of --image, --pg-version and --pg-bin. */
export interface EngineOptions {
  image?: readonly string[]
  pgVersion?: string
  pgBin?: string
}

export async function createEngines(
  { os, identity, secret }: { os: Os; identity: ProcessIdentity; secret: (role: string) => string },
  { pgBin = os.env.SCALELAB_PG_BIN, ...image }: EngineOptions = {},
): Promise<Engines> {
  const [{ createDockerEngine }, { DEFAULT_IMAGES, SERVER_PROGRAMS }, { createProcessEngine }, { serverFolders }] =
    await Promise.all([
      import('../engines/docker/engine.js'),
      import('../parts/registry.js'),
      import('../engines/process/engine.js'),
      import('../engines/process/server-folders.js'),
    ])
  const nodesDir = join(os.packageDir, 'dist', 'nodes')
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
      serverPrograms: SERVER_PROGRAMS,
      serverBin: pgBin === undefined ? undefined : resolve(os.cwd, pgBin),
      secret,
      cwd: () => os.cwd,
      env: os.env,
      hurry: os.hurry,
    }),
  }
}

export async function createGenerator(os: Os): Promise<LoadGenerator> {
  const [{ createLoadGenerator }, { calibrationOf }] = await Promise.all([
    import('../load/child-process-generator.js'),
    import('../lab/calibrate/machine.js'),
  ])
  const calibration = await calibrationOf(os.stateDir)
  return createLoadGenerator({
    rpsPerGenerator: calibration === null ? undefined : rpsPerGenerator(calibration),
    nodeBinary: os.nodeBinary,
    childEntry: join(os.packageDir, 'dist', 'load', 'generator-child.js'),
  })
}
