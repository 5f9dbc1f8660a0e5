import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EXIT, LabError } from '../../core/errors.js'
import { postgres } from '../../parts/postgres/postgres.js'
import { processIdentity } from '../../store/process-identity.js'
import { serverTemplate, type TemplateRequest } from './server-template.js'

/** Stands for boot.sh: makes a cluster out of one file, and counts that it did. */
const BOOT = `set -eu
[ "$1" = template ] && [ "$2" = "$DATA" ]
mkdir -p "$DATA/pgdata"
echo "$$" >>"$COUNT"
\${STEP:-true}
cp "$DIR/roles.sql" "$DATA/pgdata/PG_VERSION"
`

let root: string
let request: TemplateRequest
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'scalelab-template-'))
  const files = { 'boot.sh': BOOT, 'roles.sql': 'roles', 'ecomarket.sql': 'tables', pgpass: 'whatever' }
  request = await requestWith(files)
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function requestWith(files: Record<string, string>, env: Record<string, string> = {}): Promise<TemplateRequest> {
  const dir = await mkdtemp(join(root, 'node-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text)
  return {
    server: postgres.program.server,
    cache: join(root, 'cache'),
    files,
    dir,
    programs: '/usr/lib/postgresql/15/bin 15.1',
    env: { PATH: process.env.PATH, DIR: dir, COUNT: join(root, 'count'), ...env },
    timeoutMs: 10_000,
    signal: new AbortController().signal,
  }
}

const made = async (): Promise<number> =>
  (await readFile(join(root, 'count'), 'utf8').catch(() => '')).split('\n').length - 1
const kept = (): Promise<string[]> => readdir(join(root, 'cache', 'templates'))

it('is made once, for the same programs and the same contents', async () => {
  const first = await serverTemplate(request)
  expect(await readFile(join(first, 'pgdata', 'PG_VERSION'), 'utf8')).toBe('roles')
  expect(await serverTemplate(request)).toBe(first)
  expect(await serverTemplate(await requestWith({ ...request.files, pgpass: 'other' }))).toBe(first)
  expect(await made()).toBe(1)
  const others = [
    await serverTemplate(await requestWith({ ...request.files, 'roles.sql': 'other' })),
    await serverTemplate(await requestWith({ ...request.files, 'ecomarket.sql': 'other' })),
    await serverTemplate(await requestWith({ ...request.files, 'boot.sh': `${BOOT}\n` })),
    await serverTemplate({ ...request, programs: '/usr/lib/postgresql/15/bin 15.2' }),
  ]
  expect(new Set([first, ...others]).size).toBe(5)
  expect((await kept()).length).toBe(5)
})

it('is made once for all the nodes of a stack that ask at the same time', async () => {
  const folders = await Promise.all([1, 2, 3].map(() => serverTemplate(request)))
  expect(new Set(folders).size).toBe(1)
  expect(await made()).toBe(1)
})

it('is whole when another command makes the same one at the same time', async () => {
  // The other command is done while ours is at work.
  const slow = await requestWith(request.files, { STEP: 'sleep 0.5' })
  const mine = serverTemplate(slow)
  await expect.poll(made).toBe(1)
  const theirs = (await kept())[0]?.replace(/\..*/, '') ?? ''
  await mkdir(join(root, 'cache', 'templates', theirs, 'pgdata'), { recursive: true })
  await writeFile(join(root, 'cache', 'templates', theirs, 'pgdata', 'PG_VERSION'), 'theirs')
  const folder = await mine
  expect(await readFile(join(folder, 'pgdata', 'PG_VERSION'), 'utf8')).toBe('theirs')
  expect(await kept()).toEqual([theirs])
})

it('says why it could not be made, and leaves nothing half-made', async () => {
  const failing = await requestWith({ ...request.files, 'boot.sh': 'echo "no space left" >&2; exit 3' })
  const error = await serverTemplate(failing).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(LabError)
  expect(error).toMatchObject({ exitCode: EXIT.environment, details: ['no space left'] })
  expect(await kept()).toEqual([])
})

it('ends all that makes it when it is told to stop, and when it takes too long', async () => {
  const pidFile = join(root, 'sleeper')
  const boot = `sleep 600 & echo $! >${pidFile}; wait`
  // Nobody waits for it: where nothing reaps orphans a zombie is left.
  const lives = async (pid: number): Promise<boolean> => (await processIdentity().of(pid)) !== undefined
  const controller = new AbortController()
  const endless = { ...(await requestWith({ ...request.files, 'boot.sh': boot })), signal: controller.signal }
  const making = serverTemplate(endless).catch((reason: unknown) => reason)
  const sleeper = async (): Promise<number> => Number(await readFile(pidFile, 'utf8').catch(() => ''))
  await expect.poll(sleeper).toBeGreaterThan(0)
  const pid = await sleeper()
  expect(await lives(pid)).toBe(true)
  const reason = new Error('enough')
  controller.abort(reason)
  expect(await making).toBe(reason)
  await expect.poll(() => lives(pid)).toBe(false)
  expect(await kept()).toEqual([])

  const late = { ...endless, signal: new AbortController().signal, timeoutMs: 200 }
  expect(await serverTemplate(late).catch((error: unknown) => error)).toMatchObject({ exitCode: EXIT.environment })
  await expect.poll(async () => lives(await sleeper())).toBe(false)
})

it('goes when eight others were used later, but not while it may be in use', async () => {
  const folders: string[] = []
  for (let i = 0; i < 10; i++) {
    folders.push(await serverTemplate(await requestWith({ ...request.files, 'roles.sql': `roles ${i}` })))
  }
  expect((await kept()).length).toBe(10)
  const ago = (minutes: number): Date => new Date(Date.now() - minutes * 60_000)
  for (const [i, folder] of folders.entries()) await utimes(folder, ago(60 - i), ago(60 - i))
  const draft = join(root, 'cache', 'templates', 'cut-off.draft')
  await mkdir(draft)
  await utimes(draft, ago(60), ago(60))
  // The oldest is used again.
  await serverTemplate(await requestWith({ ...request.files, 'roles.sql': 'roles 0' }))
  expect(Date.now() - (await stat(folders[0] ?? '')).mtimeMs).toBeLessThan(60_000)
  await sleep(5)
  const last = await serverTemplate(await requestWith({ ...request.files, 'roles.sql': 'roles 10' }))
  const left = (await kept()).map((name) => join(root, 'cache', 'templates', name))
  expect(left.sort()).toEqual([folders[0], ...folders.slice(4), last].sort())
})
