import { EXIT, LabError } from '../../core/errors.js'

/** An answer of the daemon, or a failure to reach it, as dockerode throws them. */
interface DockerFailure extends Error {
  code?: string
  statusCode?: number
  json?: { message?: unknown } | null
}

const UNREACHABLE = ['ENOENT', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EAI_AGAIN']

const HINTS: [RegExp, string][] = [
  [/no space left on device/i, 'docker system df shows what takes the space, docker system prune frees what is unused'],
  [/non-overlapping IPv4 address pool|predefined address pools/i, 'Docker has no subnet left: docker network prune'],
  [/CPUs/, 'Lower the CPU limit: it is more than the daemon has'],
  [/memory limit/i, 'Raise the memory limit'],
  [/executable file not found|no such file or directory/i, 'The image lacks the program: is it the right image?'],
]

/** HTTP status of the daemon's answer, undefined when there was none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as DockerFailure).statusCode : undefined
}

/** What the daemon said, on one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = (error as DockerFailure).json?.message
  return (typeof said === 'string' ? said : error.message).trim().replace(/\s+/g, ' ')
}

/** A port of the host that someone else has: by Docker's own words, which differ by version and platform. */
export function isPortTaken(error: unknown): boolean {
  return /port is already allocated|address already in use|ports are not available/i.test(messageOf(error))
}

/** Awaits what removes or changes something that may be gone or so already; these answers are not failures. */
export async function tolerate(statuses: readonly number[], work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!statuses.includes(statusOf(error) ?? 0)) throw error
  }
}

/** Does work at the daemon; failures of the daemon come out as LabErrors (environment) that say what to do. */
export async function explained<T>(host: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explain(host, error)
  }
}

/** See `explained`. What is not Docker's failure is returned as it is. */
export function explain(host: string, error: unknown): unknown {
  if (error instanceof LabError || !(error instanceof Error)) return error
  const { code, statusCode } = error as DockerFailure
  const fail = (message: string, hint: string | undefined): LabError =>
    new LabError(message, { exitCode: EXIT.environment, cause: error, ...(hint === undefined ? {} : { hint }) })
  if (code === 'EACCES' || code === 'EPERM') {
    return fail(
      `no permission to use the Docker daemon at ${host}`,
      'Join its group (sudo usermod -aG docker "$USER", then log in again), or use --engine process',
    )
  }
  if (code !== undefined && UNREACHABLE.includes(code)) return fail(noDaemon(host), NO_DAEMON_HINT)
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return fail(`the Docker daemon at ${host} broke the connection`, 'Is it stopping? docker version tells')
  }
  if (statusCode === undefined) return error
  const message = messageOf(error)
  return fail(`Docker refused: ${message}`, HINTS.find(([pattern]) => pattern.test(message))?.[1])
}

export const NO_DAEMON_HINT =
  'Start Docker (sudo systemctl start docker, or Docker Desktop), set DOCKER_HOST, or use --engine process'

export function noDaemon(host: string): string {
  return `no Docker daemon answers at ${host}`
}
