import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StackMeta } from '../../../core/stack.js'
import type { StackFolders } from '../../../core/stack-folders.js'
import type { Topology } from '../../../core/topology.js'
import { SERVER_PROGRAMS } from '../../../parts/registry.js'
import { processIdentity } from '../../../store/process-identity.js'
import { stackFolders } from '../../../store/stack-folders.js'
import type { Engine, UpRequest } from '../../port.js'
import { TEST_NODE_SOURCE } from '../../testing/test-node.js'
import { createProcessEngine } from '../engine.js'
import { type ServerFolders, serverFolders } from '../server-folders.js'

/** A state folder and node programs of a test's own. */
export interface TestMachine {
  root: string
  nodesDir: string
  folders: StackFolders
  /** Of the PostgreSQL programs in a folder, or of those that are found. */
  engine(serverBin?: string): Engine
  servers: ServerFolders
  /** Folders and processes that are still there of a stack. */
  leftovers(stackName: string): Promise<string[]>
  cleanup(): Promise<void>
}

/** The bundle `api` is the test node of the contract suite. */
export async function testMachine(): Promise<TestMachine> {
  const root = await mkdtemp(join(tmpdir(), 'scalelab-process-'))
  const nodesDir = join(root, 'nodes')
  await mkdir(nodesDir)
  await writeFile(join(nodesDir, 'api.mjs'), TEST_NODE_SOURCE)
  const folders = stackFolders(join(root, 'state'))
  const servers = serverFolders(join(root, 'state'), process.env)
  const engine = (serverBin?: string): Engine =>
    createProcessEngine({
      folders,
      identity: processIdentity(),
      nodesDir,
      nodeBinary: process.execPath,
      servers,
      serverPrograms: SERVER_PROGRAMS,
      serverBin,
      secret: testSecret,
      env: process.env,
      cwd: () => root,
    })
  return {
    root,
    nodesDir,
    folders,
    servers,
    engine,
    async leftovers(stackName) {
      const found = (await folders.list()).filter(({ name }) => name === stackName).map(({ name }) => `folder ${name}`)
      const data = servers.data === undefined ? [] : [join(servers.data, stackName)].filter((path) => existsSync(path))
      return [...found, ...data, ...(await processesWith(`SCALELAB_STACK=${folders.folder(stackName)}`))]
    },
    async cleanup() {
      for (const stack of await engine().stacks()) await stack.down()
      await rm(root, { recursive: true, force: true })
    },
  }
}

/** The same in every run, so that templates are found again. */
export function testSecret(role: string): string {
  return `${role}-password-of-tests`
}

/** Processes of this machine that carry a variable, read without the engine's own code. */
async function processesWith(variable: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (environment.split('\0').includes(variable)) found.push(`process ${pid}`)
  }
  return found
}

export function testMeta(name: string): StackMeta {
  return {
    name,
    scenario: 'test',
    engine: 'process',
    createdAt: new Date().toISOString(),
    version: '0.0.0-test',
    owner: 'kept',
    parameters: {},
    notes: [],
  }
}

export function upRequest(name: string, topology: Topology): UpRequest {
  return {
    topology,
    meta: testMeta(name),
    publishHost: '127.0.0.1',
    readyTimeoutMs: 20_000,
    signal: new AbortController().signal,
    onEvent: () => {},
  }
}
