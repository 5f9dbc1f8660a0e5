import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { execa } from 'execa'

export interface ProcessRow {
  pid: number
  /** Who started it, or who took it over when that one ended. */
  parent: number
  /** Id of its process group. */
  group: number
  /** Of its program, as the system keeps it: without folder, cut off after 15 letters. */
  name: string
  /** One letter, as in ps(1): T is stopped by a signal. Zombies are left out. */
  state: string
  /** Used since it started, children it has waited for included, in seconds. */
  cpuSeconds: number
}

/** By what a process of a node shows itself, besides the group. */
export interface Mark {
  /** A variable in its environment, "NAME=value". */
  variable: string
  /** Its working folder or one above, for programs that write over their environment, as nginx does. */
  folder?: string
}

/** Resident memory of a process, in bytes. */
export interface ProcessMemory {
  own: number
  /** In pages that other processes may have, too: program files and shared memory. */
  shared: number
}

/** The processes of this machine, as far as the engine must know them. */
export interface ProcessTable {
  /** @param pids of these alone; without: of all */
  rows(pids?: readonly number[]): Promise<ProcessRow[]>
  /** All 0 when it has ended. Where the system does not tell what is shared, all counts as its own. */
  memory(pid: number): Promise<ProcessMemory>
  carries(pid: number, mark: Mark): Promise<boolean>
  /** Its working folder; undefined when it has ended, or when that is not ours to know. */
  cwd(pid: number): Promise<string | undefined>
}

export function processTable(): ProcessTable {
  return existsSync('/proc/self/stat') ? procTable() : psTable()
}

/** The unit of times in /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. See proc(5). */
const TICKS_PER_SECOND = 100

export function procTable(): ProcessTable {
  const cwd = (pid: number): string | undefined => ifLiving(() => readlinkSync(`/proc/${pid}/cwd`))
  const read = (pid: number, file: string): string => ifLiving(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? ''
  // Read in one go: for files that are in memory the thread pool takes seven times the processor time.
  return {
    cwd: async (pid) => cwd(pid),

    async rows(pids) {
      return (pids ?? readdirSync('/proc')).flatMap((name) => (/^\d+$/.test(`${name}`) ? procRow(Number(name)) : []))
    },

    async memory(pid) {
      const status = read(pid, 'status')
      const bytes = (name: string): number =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1_024
      return { own: bytes('RssAnon'), shared: bytes('RssFile') + bytes('RssShmem') }
    },

    async carries(pid, { variable, folder }) {
      if (read(pid, 'environ').split('\0').includes(variable)) return true
      if (folder === undefined) return false
      return `${cwd(pid)}/`.startsWith(`${folder}/`)
    },
  }
}

/** Undefined of a process that has ended, or that is not ours to look at. */
function ifLiving<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

function procRow(pid: number): ProcessRow[] {
  const stat = ifLiving(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  if (stat === undefined) return []
  // Field 2 is the name in parentheses, and may hold anything: field 3 is the first after its end.
  const end = stat.lastIndexOf(')')
  const name = stat.slice(stat.indexOf('(') + 1, end)
  const fields = stat.slice(end + 2).split(' ')
  const field = (number: number): string => fields[number - 3] ?? ''
  if (field(3) === 'Z' || field(3) === 'X') return []
  const ticks = [14, 15, 16, 17].reduce((sum, number) => sum + Number(field(number)), 0)
  const [parent, group] = [Number(field(4)), Number(field(5))]
  return [{ pid, parent, group, name, state: field(3), cpuSeconds: ticks / TICKS_PER_SECOND }]
}

/** For systems without /proc (macOS): slower, one ps per question. */
export function psTable(): ProcessTable {
  const ps = async (...args: string[]): Promise<string> => {
    const { stdout } = await execa('ps', args, { reject: false, cwd: '/', env: { LC_ALL: 'C' } })
    return stdout ?? ''
  }
  // "ps e" shows the environment on Linux; on macOS that is -E, and e means something else.
  const withEnvironment = process.platform === 'darwin' ? '-Eww' : 'eww'
  return {
    async rows(pids) {
      if (pids?.length === 0) return []
      const which = pids === undefined ? ['-ax'] : ['-p', pids.join(',')]
      const lines = (await ps(...which, '-o', 'pid=,ppid=,pgid=,stat=,time=,ucomm=')).split('\n')
      return lines.flatMap((line) => {
        const [pid, parent, group, state = 'Z', time = '', ...name] = line.trim().split(/\s+/)
        if (state.startsWith('Z')) return []
        const numbers = { pid: Number(pid), parent: Number(parent), group: Number(group) }
        return [{ ...numbers, name: name.join(' '), state: state.slice(0, 1), cpuSeconds: parsePsTime(time) }]
      })
    },

    async memory(pid) {
      return { own: Number((await ps('-o', 'rss=', '-p', String(pid))).trim() || 0) * 1_024, shared: 0 }
    },

    async cwd(pid) {
      const { stdout } = await execa('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn'], { reject: false, cwd: '/' })
      return /^n(\/.*)$/m.exec(stdout ?? '')?.[1]
    },

    async carries(pid, { variable, folder }) {
      const line = await ps(withEnvironment, '-o', 'command=', '-p', String(pid))
      // A folder's name may have spaces.
      return `${line} `.includes(` ${variable} `) || (folder !== undefined && line.includes(`${folder}/`))
    },
  }
}

/** "[[days-]hours:]minutes:seconds[.fraction]" in seconds. */
export function parsePsTime(text: string): number {
  const [clock = '', days = '0'] = text.split('-').reverse()
  return Number(days) * 86_400 + clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** What these processes have started, and so on, without themselves. */
export function descendants(of: readonly ProcessRow[], all: readonly ProcessRow[]): ProcessRow[] {
  const family = new Set(of.map(({ pid }) => pid))
  const found: ProcessRow[] = []
  for (let grown = true; grown; ) {
    const more = all.filter(({ pid, parent }) => family.has(parent) && !family.has(pid))
    for (const { pid } of more) family.add(pid)
    found.push(...more)
    grown = more.length > 0
  }
  return found
}
