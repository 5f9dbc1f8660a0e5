import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longest that the machine is waited for, in milliseconds. */
const PATIENCE_MS = 120_000

/** Commands of this state folder (`stack` is null) and processes of its stacks, by their environments. Linux only. */
export function processesOf(state: string): { pid: number; stack: string | null }[] {
  return processIds().flatMap((pid) => {
    const environment = readProc(pid, 'environ').split('\0')
    const stack = environment.find((entry) => entry.startsWith(`SCALELAB_STACK=${state}/`))
    const ours = stack !== undefined || environment.includes(`SCALELAB_STATE=${state}`)
    return ours && lives(pid) ? [{ pid, stack: stack?.slice('SCALELAB_STACK='.length) ?? null }] : []
  })
}

/** The first child of a process, as soon as it has one; undefined when the process has ended before. */
export async function childOf(parent: number): Promise<number | undefined> {
  return until(() => {
    const child = processIds().find((pid) => Number(statOf(pid)[1]) === parent)
    return child ?? (lives(parent) ? null : undefined)
  })
}

/** Returns when a process listens for this signal, or has ended. */
export async function untilListening(pid: number, signal: number): Promise<void> {
  await until(() => {
    const caught = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readProc(pid, 'status'))?.[1]
    return !lives(pid) || (caught !== undefined && (BigInt(`0x${caught}`) >> BigInt(signal - 1)) % 2n === 1n)
      ? true
      : null
  })
}

/** Returns when a process has ended. @returns false when it has not for too long */
export async function untilGone(pid: number, patienceMs = PATIENCE_MS): Promise<boolean> {
  return (await until(() => (lives(pid) ? null : true), patienceMs)) === true
}

/** What `look` finds, once it is not null; undefined also when that takes too long. */
export async function until<T>(
  look: () => T | null | Promise<T | null>,
  patienceMs = PATIENCE_MS,
): Promise<T | undefined> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (performance.now() > deadline) return undefined
    await sleep(20)
  }
}

export function lives(pid: number): boolean {
  const [state = 'X'] = statOf(pid)
  return state !== 'Z' && state !== 'X' && state !== ''
}

function processIds(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
}

/** State, parent, ...: the fields after the name, which may hold anything. */
function statOf(pid: number): string[] {
  const stat = readProc(pid, 'stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
