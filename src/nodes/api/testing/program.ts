import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A folder for a test's files. */
export function temporaryFolder(): { path: string; remove: () => Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'scalelab-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Bundles a program as the build does, into a folder of the test's own; returns the file. */
export async function bundle(name: 'api' | 'balancer', folder: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`)
  const entry = fileURLToPath(new URL(`../../${name}/main.ts`, import.meta.url))
  const banner = {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url)",
  }
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner,
  })
  return outfile
}

/** A program that runs for a test. */
export interface Running {
  url: string
  port: number
  child: ChildProcess
  /** What it wrote so far. */
  lines: string[]
  /** Exit code, or the signal that ended it. */
  exit: Promise<number | string>
  /** Sends SIGKILL if it still runs, and waits for its end. */
  kill: () => Promise<void>
}

/**
 * Starts a bundled program on a free port of 127.0.0.1 and waits until it says that it listens.
 * @throws Error with its log when it ends before that
 */
export async function start(file: string, env: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, [file], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const exit = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      lines.push(...chunk.toString().split('\n').filter(Boolean))
      const found = /listening on (http:\/\/[^\s:]+:\d+)/.exec(lines.join('\n'))?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    exit.then((code) => reject(new Error(`ended with ${code} before it listened:\n${lines.join('\n')}`)))
  })
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await exit
  }
  return { url, port: Number(new URL(url).port), child, lines, exit, kill }
}

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** From sending to the last byte, in milliseconds. */
  ms: number
}

const noKeepAlive = new Agent({ keepAlive: false })

/** One request, over a connection of its own unless an agent is given. */
export function ask(
  url: string,
  options: {
    method?: string
    headers?: Record<string, string>
    body?: string
    agent?: Agent
    signal?: AbortSignal
  } = {},
): Promise<Reply> {
  const { body, ...rest } = options
  const begun = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: noKeepAlive, ...rest }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0, headers } = response
        resolve({ status: statusCode, headers, body: Buffer.concat(chunks).toString(), ms: performance.now() - begun })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Asks again until the condition holds; gives up after 10 s with the last reply in the error. */
export async function askUntil(url: string, holds: (reply: Reply) => boolean): Promise<Reply> {
  for (const end = performance.now() + 10_000; ; ) {
    const reply = await ask(url)
    if (holds(reply)) return reply
    if (performance.now() > end) throw new Error(`still ${reply.status} after 10 s: ${reply.body}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
