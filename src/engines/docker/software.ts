import type Docker from 'dockerode'
import type { ContainerInfo } from 'dockerode'
import type { Program } from '../../core/topology.js'
import { logLines } from './log-lines.js'

/** Versions of the daemon and of what runs in these containers, asked there, and which images they were made from. */
export async function softwareOf(
  docker: Docker,
  nodes: readonly { info: ContainerInfo; program: Program }[],
): Promise<Record<string, string>> {
  const software: Record<string, string> = { docker: (await docker.version()).Version }
  for (const { info } of nodes) software[`image ${info.Image}`] = shortId(info.ImageID)
  for (const { info, program } of nodes) {
    const asked = program.kind === 'bundle' ? { name: 'node', version: ['node', '--version'] } : program
    if (!('version' in asked) || asked.name in software || info.State !== 'running') continue
    const version = versionIn(await run(docker, info.Id, asked.version))
    if (version !== undefined) software[asked.name] = version
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
