import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunRecord } from '../../core/record.js'
import { runRecordSchema } from '../../core/record.js'
import type { Trial } from '../../core/trial.js'
import { clusterMissing } from '../../replication/testing/test-cluster.js'
import { openTerminal, type Terminal } from '../../ui/testing/terminal.js'
import { BIN, CommandLine, type Outcome } from '../testing/command-line.js'
import { Nodes, processIds, textOf } from '../testing/database-nodes.js'

const missing = await clusterMissing()
const QUICK = ['--baseline', '300ms', '--out', 'out']

describe.skipIf(missing !== undefined)('failover', { timeout: 120_000 }, () => {
  let cli: CommandLine
  let nodes: Nodes
  let terminal: Terminal | undefined
  beforeAll(async () => {
    cli = await CommandLine.create()
    nodes = new Nodes(cli)
    await cli.ok('up', 'repl-2', '--engine', 'process', '--rows', '500')
  })
  afterEach(() => terminal?.close())
  afterAll(async () => {
    expect(await cli.dispose()).toEqual([])
  })

  async function refused(args: string[], message: RegExp, code = 2): Promise<Outcome> {
    const outcome = await cli.run(args)
    expect(outcome.stderr).toMatch(message)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
    expect(outcome.stdout).toBe('')
    expect(outcome.code).toBe(code)
    return outcome
  }

  it.each<[string[], RegExp]>([
    [['standby-3'], /unknown node "standby-3"[\s\S]*Did you mean "standby-[12]"\?[\s\S]*Allowed: primary, standby-1/],
    [['primry'], /unknown node "primry"[\s\S]*Did you mean "primary"\?/],
    [['balancer'], /unknown node "balancer"[\s\S]*Allowed: primary, standby-1, standby-2, api-1, api-2/],
    [[], /which node\? None was named/],
    [['primary', '--fault', 'kil'], /--fault "kil"[\s\S]*Did you mean "kill"\?[\s\S]*kill, stop, pause/],
    [['primary', '--trials', '0'], /--trials/],
    [['primary', '--trials', '1.5'], /--trials/],
    [['primary', '--detect-interval', '5ms'], /--detect-interval: 5ms is shorter than 10ms/],
    [['primary', '--detect-interval', '5'], /"5" is not a duration/],
    [['primary', '--detect-misses', '0'], /--detect-misses/],
    [['primary', '--baseline', 'soon'], /"soon" is not a duration/],
    [['primary', '--rps', '-1'], /--rps/],
    [['primary', '--mix', 'read:100'], /a drill of the primary needs writes[\s\S]*--mix read:80,write:20/],
    [['primary', '--mix', 'raed:100'], /Did you mean "read"\?/],
    [['standby-9', '--reclone'], /unknown database server "standby-9"[\s\S]*Did you mean/],
    [['api-1', '--reclone'], /unknown database server "api-1"/],
    [['primary', '--stack', 'lb-9'], /lb-9/],
  ])('%j is a mistake that says what is allowed', async (args, message) => {
    await refused(['failover', ...args], message)
  })

  it('a drill of a primary: everything the issue asks for as JSON, and no password anywhere', async () => {
    let seen = ''
    let running = true
    const looking = (async () => {
      while (running) {
        for (const pid of processIds()) seen += textOf(pid)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })()
    const outcome = await cli.run(['failover', 'primary', '--json', ...QUICK])
    running = false
    await looking
    expect(outcome.stderr).toBe('')
    expect(outcome.code).toBe(0)
    const { trials, records } = JSON.parse(outcome.stdout) as { trials: Trial[]; records: string[] }
    expect(trials).toHaveLength(1)
    const [trial] = trials
    expect(trial).toMatchObject({
      node: 'primary',
      role: 'primary',
      fault: 'kill',
      promoted: expect.stringMatching(/^standby-[12]$/),
      rto_ms: expect.any(Number),
      lost: expect.any(Array),
      refused: expect.any(Number),
      unknown: expect.any(Number),
      recovered: expect.any(Number),
      stale_reads: expect.any(Number),
      duplicated: [],
    })
    const events = trial?.timeline.map(({ event }) => event) ?? []
    for (const event of ['fault', 'detected', 'fenced', 'chosen', 'promoted', 'sibling streaming', 'old node back']) {
      expect(events).toContain(event)
    }
    expect(events).toContain('first acknowledged write')
    expect(trial?.timeline.map(({ t_ms }) => t_ms)).toEqual(
      trial?.timeline.map(({ t_ms }) => t_ms).toSorted((a, b) => a - b),
    )
    expect(trial?.acknowledged).toBeGreaterThan(20)
    expect(await nodes.primary()).toBe(trial?.promoted)
    const { primary, 'standby-1': one, 'standby-2': two } = await nodes.roles()
    expect([primary, one, two].toSorted()).toEqual(['primary', 'standby', 'standby'])

    const folder = join(cli.folder, records[0] ?? '')
    const record: RunRecord = runRecordSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
    expect(record).toMatchObject({ status: 'complete', trial: { promoted: trial?.promoted } })

    expect(nodes.passwords).toHaveLength(3)
    const texts = [seen, outcome.stdout, outcome.stderr, await cli.ok('ps'), await textsBelow(join(cli.folder, 'out'))]
    for (const id of ['api-1', 'primary', 'standby-1', 'standby-2']) {
      texts.push(await cli.ok('logs', id, '--tail', '1000'))
    }
    expect(seen).toContain('boot.sh')
    for (const password of nodes.passwords) {
      expect(password.length).toBeGreaterThan(20)
      for (const text of texts) expect(text.includes(password)).toBe(false)
    }
  })

  it('drills of a standby and of an API instance: both are back, and the service went on', async () => {
    const primary = await nodes.primary()
    const standby = primary === 'standby-1' ? 'standby-2' : 'standby-1'
    for (const [node, role, fault] of [
      [standby, 'standby', 'pause'],
      ['api-1', 'api', 'kill'],
    ] as const) {
      const args = ['failover', node, '--fault', fault, '--json', ...QUICK]
      const { trials } = await cli.json<{ trials: Trial[] }>(...args)
      expect(trials).toMatchObject([{ node, role, fault, promoted: null, lost: [], diverged: null }])
      const events = trials[0]?.timeline.map(({ event }) => event)
      expect(events).toEqual(expect.arrayContaining(['fault', 'detected', 'old node back']))
      expect(trials[0]?.back_ms).toBeGreaterThan(2_000)
      expect((await nodes.states())[node]).toBe('running')
      expect(await nodes.primary()).toBe(primary)
    }
  })

  it('by hand every step is shown and waits; writes that no standby had are lost, by id, and kept', async () => {
    const env = { SCALELAB_STATE: join(cli.folder, 'state'), PATH: cli.env.PATH ?? '' }
    const args = ['failover', 'primary', '--manual', '--rps', '200', '--mix', 'read:50,write:50', '--out', 'loss']
    const old = await nodes.primary()
    const standbys = Object.keys(await nodes.roles()).filter((id) => id !== old)
    terminal = openTerminal([BIN, ...args, '--baseline', '500ms'], { columns: 200, rows: 60 }, { cwd: cli.folder, env })
    const step = async (text: RegExp, then: () => Promise<void> = async () => {}): Promise<void> => {
      await terminal?.until(text)
      await then()
      terminal?.type('\r')
    }
    await step(new RegExp(`next: kill ${old}\\n +ends a node at once`), async () => {
      // From now on nothing that is written leaves the primary.
      for (const id of standbys) await nodes.signal(id, 'SIGSTOP')
      await nodes.sql(old, 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication')
      await new Promise((resolve) => setTimeout(resolve, 700))
    })
    await step(new RegExp(`next: fence ${old}\\n +forbid ${old} to start, and kill it`), async () => {
      expect((await nodes.states())[old]).toBe('stopped')
      for (const id of standbys) await nodes.signal(id, 'SIGCONT')
    })
    await step(
      /next: promote \S+\n +SELECT pg_create_physical_replication_slot\('\w+'\).*; SELECT pg_promote\(wait => false\)/,
    )
    await step(
      /next: point \S+ at \S+\n +ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=\d+ \.\.\.'; SELECT pg_reload_conf\(\)/,
    )
    await step(new RegExp(`next: bring ${old} back as a standby of`))
    expect(await terminal.exited()).toBe(0)
    const shown = terminal.mainLines().join('\n')
    expect(shown).toMatch(/\d+ acknowledged, \d+ of them lost \(repl-2-/)

    const folder = join(cli.folder, 'loss', 'repl-2', 'latest')
    const { trial } = runRecordSchema.parse(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')))
    const lost = trial?.lost ?? []
    // Half of 200 a second, for most of a second at least.
    expect(lost.length).toBeGreaterThan(20)
    expect(new Set(lost).size).toBe(lost.length)
    const rows = (await readFile(join(folder, 'diverged.ndjson'), 'utf8')).trim().split('\n')
    const kept = new Set(rows.map((row) => String(JSON.parse(row).request_key)))
    for (const id of lost) expect(kept.has(id), id).toBe(true)
    expect(trial?.diverged).toBe(rows.length)
    const report = await readFile(join(folder, 'report.md'), 'utf8')
    expect(report).toContain(lost[0])
    // They are really gone.
    const now = await nodes.primary()
    const there = `SELECT count(*)::int FROM requests WHERE request_key IN (${lost.map((id) => `'${id}'`).join()})`
    expect(await nodes.sql(now, there)).toEqual([[0]])
    expect(Object.values(await nodes.roles()).toSorted()).toEqual(['primary', 'standby', 'standby'])
  })

  it('what is down already, and what is the last one, is not struck', async () => {
    const primary = await nodes.primary()
    const standbys = Object.keys(await nodes.roles()).filter((id) => id !== primary)
    const [one = '', two = ''] = standbys
    await nodes.signal('api-2', 'SIGKILL')
    await refused(['failover', 'api-2'], /api-2 is already down: stopped[\s\S]*failover --resume/)
    await refused(['failover', 'api-1'], /api-1 is the last API instance that runs/)
    for (const id of standbys) await nodes.signal(id, 'SIGSTOP')
    // The node called "primary" goes by its role, so only the others can be down by name.
    for (const id of standbys.filter((id) => id !== 'primary')) {
      await refused(['failover', id], new RegExp(`${id} is already down: paused`))
    }
    await nodes.sql(primary, 'SELECT pg_terminate_backend(pid) FROM pg_stat_replication')
    await refused(['failover', 'primary'], new RegExp(`${primary} is the last database server: no standby streams`))
    await nodes.signal(primary, 'SIGKILL')
    await refused(['failover', 'primary'], /there is no primary at the moment[\s\S]*failover --resume/)
    await refused(['failover', one, '--reclone'], /there is no primary at the moment[\s\S]*nobody to copy from/)
    const resumed = await cli.run(['failover', '--resume'])
    expect(resumed.code).toBe(0)
    expect(resumed.stderr).toContain('api-2 was started again.')
    expect(resumed.stderr).toContain(`${primary} was started again.`)
    expect(resumed.stderr).toContain('repl-2 is right again.')
    expect(await nodes.primary()).toBe(primary)
    expect(new Set(Object.values(await nodes.states()))).toEqual(new Set(['running']))
    expect((await cli.run(['failover', '--resume'])).stderr).toBe('repl-2 is as it should be.\n')
    expect((await cli.run(['failover', two, '--reclone'])).stderr).toBe(
      `${two} has a fresh copy and streams from ${primary}.\n`,
    )
    await refused(['failover', primary, '--reclone'], /is the primary: there is nobody that it could be a copy of/)
  })

  it('guard and drills exclude each other; a guard fails over by itself and says what it did', async () => {
    const old = await nodes.primary()
    const guarding = await new Promise<{ outcome: Promise<Outcome>; stop(): void }>((resolve) => {
      const outcome = cli.run(
        ['guard', '--detect-interval', '500ms', '--compare', '250ms', '--for', '60s', '--json', '--out', 'guarded'],
        {
          onStart(child) {
            child.stderr?.on('data', (text: Buffer) => {
              if (String(text).includes('watching')) resolve({ outcome, stop: () => void child.kill('SIGINT') })
            })
          },
        },
      )
      void outcome.then((ended) => resolve({ outcome: Promise.resolve(ended), stop: () => {} }))
    })
    for (const args of [
      ['failover', 'primary'],
      ['failover', '--resume'],
      ['guard', '--for', '1s'],
    ]) {
      await refused(args, /another scalelab command \(pid \d+, since .*\) is working on stack repl-2 as its guard/, 3)
    }
    await nodes.signal(old, 'SIGKILL')
    await expect.poll(() => nodes.roles(), { timeout: 30_000 }).toMatchObject({ [old]: 'standby' })
    await new Promise((resolve) => setTimeout(resolve, 500))
    guarding.stop()
    const { code, stdout, stderr } = await guarding.outcome
    expect(code).toBe(130)
    const result = JSON.parse(stdout) as { failovers: unknown[]; false_alarms: number; report: string }
    expect(result).toMatchObject({ failovers: [{ old, false_alarm: false }], false_alarms: 0 })
    expect(stderr).toContain(`${old} failed: connection closed`)
    const report = await readFile(join(cli.folder, result.report), 'utf8')
    expect(report).toContain('1 failover and 0 false alarms')
    for (const password of nodes.passwords) expect(`${stdout}${stderr}${report}`).not.toContain(password)
    expect((await cli.run(['failover', '--resume'])).stderr).toBe('repl-2 is as it should be.\n')
  })

  it.each<[string[], RegExp]>([
    [['--detect-interval', '5ms'], /--detect-interval: 5ms is not from 10ms to 60s/],
    [['--compare', '1ms,1s'], /--compare: 1ms is not from 10ms to 60s/],
    [['--detect-misses', '0'], /--detect-misses/],
    [['--freezes', '-1'], /--freezes/],
    [['--for', 'ever'], /"ever" is not a duration/],
    [['--stack', 'lb-9'], /lb-9/],
  ])('guard %j is a mistake', async (args, message) => {
    await refused(['guard', ...args], message)
  })
})

describe('failover and guard without databases', () => {
  let cli: CommandLine
  beforeAll(async () => {
    cli = await CommandLine.create()
  })
  afterAll(() => cli.dispose())

  it('say so', async () => {
    for (const args of [['failover', 'primary'], ['guard']]) {
      const outcome = await cli.run(args)
      expect(outcome).toMatchObject({ code: 2, stdout: '' })
      expect(outcome.stderr).toContain('no stack is running')
    }
    await cli.ok('up', 'single', '--engine', 'process')
    for (const args of [['failover', 'primary'], ['failover', '--resume'], ['failover', 'api-1'], ['guard']]) {
      const outcome = await cli.run(args)
      expect(outcome).toMatchObject({ code: 2, stdout: '' })
      expect(outcome.stderr).toMatch(/single has no databases/)
    }
  })
})

/** Everything that was written below a folder. */
async function textsBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  expect(files.length).toBeGreaterThan(2)
  return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n')
}
