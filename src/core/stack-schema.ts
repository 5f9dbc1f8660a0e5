import * as z from 'zod'
import { ENGINE_NAMES, type StackMeta } from './stack.js'
import type { StackRecord } from './stack-folders.js'
import type { NodeSpec } from './topology.js'

const port = z.number().int().min(0).max(65_535)
const texts = z.record(z.string(), z.string())

const command = z.array(z.string())

const program = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bundle'), bundle: z.string() }),
  z.object({
    kind: z.literal('installed'),
    name: z.string(),
    image: z.string(),
    argv: command,
    version: command,
    fix: z.string(),
    stopSignal: z.enum(['SIGTERM', 'SIGINT']),
    reloadSignal: z.enum(['SIGHUP', 'SIGUSR2']),
    health: command.exactOptional(),
    server: z
      .object({
        title: z.string(),
        programs: z.tuple([z.string()], z.string()),
        copying: z.object({ programs: command, bundle: z.string() }),
        choose: z.string(),
        oldest: z.number(),
        versions: z.string(),
        packages: z.string(),
        user: z.string(),
        begun: z.string(),
        template: z.object({ script: z.string(), deciding: command }),
      })
      .exactOptional(),
  }),
  z.object({ kind: z.literal('command'), command: z.string() }),
  z.object({ kind: z.literal('image'), image: z.string() }),
])

const readiness = z.discriminatedUnion('protocol', [
  z.object({ protocol: z.literal('http'), port: z.string(), path: z.string(), accept: z.enum(['ok', 'answers']) }),
  z.object({
    protocol: z.literal('tcp'),
    scheme: z.string(),
    port: z.string(),
    say: z.string(),
    hear: z.string(),
  }),
])

/** A node as a stack's record or a container's label holds it: written by this version, another one, or damaged. */
export const nodeSpecSchema = z.object({
  id: z.string().min(1),
  role: z.enum(['api', 'balancer', 'database']),
  part: z.string(),
  program,
  env: texts,
  files: texts,
  ports: z.record(z.string(), port),
  publish: z.record(z.string(), port),
  dependsOn: z.array(z.string()),
  readiness,
  limits: z.object({ cpus: z.number().exactOptional(), memoryMiB: z.number().exactOptional() }),
  stopGraceMs: z.number().nonnegative(),
}) satisfies z.ZodType<NodeSpec>

/** What is kept about a stack, by which later commands find it. */
export const stackMetaSchema = z.object({
  name: z.string().min(1),
  scenario: z.string(),
  scenarioFile: z.string().exactOptional(),
  engine: z.enum(ENGINE_NAMES),
  createdAt: z.string(),
  version: z.string(),
  owner: z.union([z.literal('kept'), z.object({ pid: z.number().int().positive(), identity: z.string() })]),
  parameters: z.record(z.string(), z.unknown()),
  readyMs: z.number().exactOptional(),
  notes: z.array(z.string()),
}) satisfies z.ZodType<StackMeta>

/** stack.json: whatever a later command works with, so that one that lacks something fails here and nowhere else. */
export const stackRecordSchema = z
  .object({
    meta: stackMetaSchema,
    topology: z.object({
      nodes: z.array(nodeSpecSchema).min(1).max(1_000),
      entry: z.object({ node: z.string(), port: z.string() }),
    }),
    complete: z.boolean(),
    publishHost: z.string(),
    readyTimeoutMs: z.number(),
    cwd: z.string(),
    path: z.string(),
    serverBin: z.string().exactOptional(),
    ports: z.record(z.string(), z.record(z.string(), port)),
  })
  .check(({ value: { topology, ports }, issues }) => {
    const entry = topology.nodes.find(({ id }) => id === topology.entry.node)
    const add = (path: string[], message: string): void =>
      void issues.push({ code: 'custom', path, message, input: topology })
    if (entry?.ports[topology.entry.port] === undefined) add(['topology', 'entry'], 'names no port of a node')
    for (const node of topology.nodes) {
      for (const name of new Set([...Object.keys(node.ports), node.readiness.port])) {
        if (ports[node.id]?.[name] === undefined) add(['ports', node.id], `has no port ${name}`)
      }
    }
  }) satisfies z.ZodType<StackRecord>
