import type Docker from 'dockerode'
import type { ContainerInfo } from 'dockerode'
import type { Program } from '../../core/topology.js'
import { logLines } from './log-lines.js'

/** How a kind of program tells its version. */
const QUESTIONS: Partial<Record<Program['kind'], { name: string; command: string[] }>> = {
  bundle: { name: 'node', command: ['node', '--version'] },
  nginx: { name: 'nginx', command: ['nginx', '-v'] },
  // Of the same server that boot.sh takes.
  postgres: {
    name: 'postgresql',
    command: [
      'sh',
      '-c',
      '"$(command -v postgres || ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)" -V',
    ],
  },
}

/** Versions of the daemon and of what runs in these containers, asked there, and which images they were made from. */
export async function softwareOf(
  docker: Docker,
  nodes: readonly { info: ContainerInfo; program: Program }[],
): Promise<Record<string, string>> {
  const software: Record<string, string> = { docker: (await docker.version()).Version }
  for (const { info } of nodes) software[`image ${info.Image}`] = shortId(info.ImageID)
  for (const [kind, question] of Object.entries(QUESTIONS)) {
    const node = nodes.find(({ program, info }) => program.kind === kind && info.State === 'running')
    if (node === undefined) continue
    const version = versionIn(await run(docker, node.info.Id, question.command))
    if (version !== undefined) software[question.name] = version
  }
  return software
}

/** What a short command prints inside a container, both streams. */
async function run(docker: Docker, id: string, command: string[]): Promise<string> {
  const exec = await docker.getContainer(id).exec({ Cmd: command, AttachStdout: true, AttachStderr: true })
  const stream = await exec.start({ hijack: false, stdin: false })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return logLines(Buffer.concat(chunks)).join('\n')
}

/** "nginx version: nginx/1.22.1" and "v20.20.2" as "1.22.1" and "20.20.2". */
export function versionIn(text: string): string | undefined {
  return /\d+(?:\.\d+)+/.exec(text)?.[0]
}

/** "sha256:0123456789abcdef..." as Docker shows it: "0123456789ab". */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12)
}
