import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Client } from 'pg'
import { DATABASE_NAME, DATABASE_ROLES } from '../../../core/databases-file.js'
import { stackParametersSchema } from '../../../core/parameters.js'
import type { Topology } from '../../../core/topology.js'
import { topologyOf } from '../../../topologies/topology.js'
import type { Stack } from '../../port.js'
import { testSecret } from './test-machine.js'

/** The database servers of a replicated stack, without API instances and balancer. */
export function databaseTopology(standbys: number): Topology {
  const parameters = stackParametersSchema.parse({
    kind: 'replicated',
    replicas: 2,
    database: { standbys, rows: 1_000 },
  })
  const { nodes } = topologyOf({ ...parameters, balancer: 'builtin' })
  return {
    nodes: nodes.filter(({ role }) => role === 'database'),
    entry: { node: 'primary', port: 'postgres' },
  }
}

/** Makes clone.mjs, as the build does. */
export async function bundleClone(nodesDir: string): Promise<void> {
  await build({
    entryPoints: [{ in: fileURLToPath(new URL('../../../nodes/clone/main.ts', import.meta.url)), out: 'clone' }],
    outdir: nodesDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
  })
}

/** A connection as the superuser; end it. */
export async function connected(stack: Stack, node: string): Promise<Client> {
  const url = new URL((await stack.nodes()).find(({ id }) => id === node)?.url ?? '')
  const client = new Client({
    host: url.hostname,
    port: Number(url.port),
    user: DATABASE_ROLES.admin,
    password: testSecret(DATABASE_ROLES.admin),
    database: DATABASE_NAME,
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** One statement at a node, as the superuser; its rows as arrays. */
export async function ask(stack: Stack, node: string, statement: string): Promise<unknown[][]> {
  const client = await connected(stack, node)
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

/** State letters of the processes that work in a folder, read without the engine's own code. */
export async function statesIn(folder: string): Promise<string[]> {
  const states: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const place = await readlink(join('/proc', pid, 'cwd')).catch(() => '')
    if (!place.startsWith(`${folder}/`)) continue
    const stat = await readFile(join('/proc', pid, 'stat'), 'utf8').catch(() => '')
    if (stat !== '') states.push(stat.slice(stat.lastIndexOf(')') + 2).slice(0, 1))
  }
  return states
}

/** What everybody can see of the processes of this machine, and root in addition: command lines and environments. */
export async function processTexts(): Promise<string> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const texts = pids.flatMap((pid) =>
    ['cmdline', 'environ'].map((file) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')),
  )
  return (await Promise.all(texts)).join('\n')
}
