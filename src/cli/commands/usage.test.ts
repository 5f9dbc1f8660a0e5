import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BIN, CommandLine } from '../testing/command-line.js'
import { InProcess } from '../testing/in-process.js'

const COMMANDS = [
  'list',
  'up',
  'ps',
  'bench',
  'claims',
  'capacity',
  'report',
  'failover',
  'guard',
  'scale',
  'shards',
  'logs',
  'down',
  'clean',
  'compose',
  'doctor',
  'schema',
  'completion',
]

describe('the command line', () => {
  let built: CommandLine
  const cli = new InProcess()
  beforeAll(async () => {
    built = await CommandLine.create()
  })
  afterAll(async () => {
    await built.dispose()
    await cli.dispose()
  })

  it('explains itself and its exit codes', async () => {
    const help = await cli.ok('--help')
    for (const command of COMMANDS) expect(help).toContain(`  ${command}`)
    expect(help).toContain('Exit codes:')
  })

  it.each(['bench', 'up', 'compare'])(
    '%s --help has the common flags in groups, and every flag with --all',
    async (command) => {
      const short = await cli.ok(command, '--help')
      const all = await cli.ok(command, '--help', '--all')
      const flags = (help: string): string[] => help.match(/(?<=^ {2}(-h, )?)--[a-z-]+/gm) ?? []
      expect(flags(short)).toContain('--strategy')
      expect(flags(short)).not.toContain('--queue-limit')
      expect(flags(all)).toEqual(expect.arrayContaining([...flags(short), '--queue-limit', '--vnodes']))
      expect(short).toContain(`All ${flags(all).length} flags: scalelab ${command} --help --all`)
      expect(all.match(/^(Stack|Databases|Shards|Output):$/gm)).toEqual(['Stack:', 'Databases:', 'Shards:', 'Output:'])
    },
  )

  it.each(COMMANDS)('%s --help has examples', async (command) => {
    const help = await built.ok(command, '--help')
    expect(help).toContain('Examples:')
    expect(help).toContain(`$ scalelab ${command}`.trim())
  })

  it.each([
    [['up', 'lb3'], /unknown scenario "lb3"[\s\S]*Did you mean "lb-3"\?[\s\S]*Allowed: single, lb-3/],
    [['up', 'lb-0'], /from 1 to 64/],
    [['up', 'lb-3', '--strategy', 'rund-robin'], /Did you mean "round-robin"\?[\s\S]*least-conn/],
    [['up', 'lb-3', '--balancer', 'ngnix'], /Did you mean "nginx"\?/],
    [['up', 'lb-3', '--engine', 'proces'], /Did you mean "process"\?/],
    [['up', 'lb-3', '--weights', '3,1'], /2 weights for 3 replicas/],
    [['up', 'lb-3', '--app', 'uvicorn main:app'], /\{port\}/],
    [['up', 'lb-3', '--name', 'No Name'], /not a stack name/],
    [['up', 'repl-9'], /the number of standbys must be from 1 to 8/],
    [['up', 'repl2'], /Did you mean "repl-2"\?/],
    [['up', 'lb-3', '--rows', '5'], /--rows needs a stack with databases: repl-2/],
    [['up', 'repl-2', '--durability', 'sync'], /unknown --durability "sync"[\s\S]*remote-apply/],
    [['up', 'repl-2', '--sync-standbys', 'ANY 1 (*)'], /with durability local a commit waits for no standby/],
    [
      ['up', 'repl-2', '--durability', 'on', '--sync-standbys', 'ANY 3 (*)'],
      /waits for 3 standbys, and the stack has 2/,
    ],
    [['up', 'repl-2', '--durability', 'on', '--sync-standbys', '(standby-7)'], /names standby-7, which is not there/],
    [['up', 'repl-2', '--app', 'serve {port}'], /runs the sample API/],
    [['bench', '--reads', 'primary'], /--reads shapes a stack/],
    [['bench', 'lb-3', '--mix', 'read:80'], /--mix needs a stack with databases/],
    [['bench', 'lb-3', '--rps', 'many'], /--rps: "many" is not a number/],
    [['bench', 'lb-3', '--rps', '5', '--max'], /exclude each other/],
    [['bench', 'lb-3', '--duration', '10'], /"10" is not a duration[\s\S]*500ms, 10s, 2m/],
    [['bench', 'lb-3', '--slo', 'p98<5ms'], /unknown metric in --slo "p98"[\s\S]*Did you mean/],
    [['bench', 'lb-3', '--fault', 'pase:api-1@1s+1s'], /Did you mean "pause"\?/],
    [['bench', '--rsp', '5'], /Did you mean --rps\?/],
    [['bench'], /no stack is running[\s\S]*scalelab up lb-3/],
    [['capacity'], /missing required argument/],
    [['capacity', 'lb3'], /Did you mean "lb-3"\?/],
    [['capacity', 'lb-3', '--slo', 'goodput>500'], /the rate is what is searched for[\s\S]*p99<50ms/],
    [['capacity', 'lb-3', '--slo', 'p99>50ms'], /Turn it round: --slo 'p99<50ms'/],
    [['capacity', 'lb-3', '--slo', 'lag<1s'], /lb-3 does not measure lag[\s\S]*It needs standbys: repl-2/],
    [['capacity', 'lb-3', '--slo', 'stale<1'], /It needs a load that writes/],
    [['capacity', 'lb-3', '--slo', 'rto<1s'], /belongs to a drill or a migration/],
    [['capacity', 'lb-3', '--precision', '2'], /--precision: "2" is not from 0.5% to 50%/],
    [['capacity', 'lb-3', '--arrival', 'poison'], /Did you mean "poisson"\?/],
    [['capacity', 'lb-3', '--rps', '5'], /unknown option '--rps'/],
    [['bench', '--url', 'somewhere', '--max'], /is not an address/],
    [['logs', 'api-1'], /no stack is running/],
    [['report', 'nowhere'], /there is no run at nowhere/],
    [['schema', 'rnu'], /rnu/],
    [['benhc'], /Did you mean bench\?/],
  ])('%j is a usage error that says what is allowed', async (args, message) => {
    const outcome = await cli.run(args)
    expect(outcome.stderr).toMatch(message)
    expect(outcome.stderr).not.toMatch(/^\s+at /m)
    expect(outcome.stdout).toBe('')
    expect(outcome.code).toBe(2)
  })

  it('says what to do when it may not open the files that it is made of, or reads', () => {
    const starts = [60, 40, 34, 32, 30, 28, 26, 24].map((limit) =>
      spawnSync('sh', ['-c', `ulimit -n ${limit}; exec "${process.execPath}" "${BIN}" list`], { encoding: 'utf8' }),
    )
    for (const { status, stdout, stderr } of starts) {
      if (status === 0) continue
      expect([status, stdout]).toEqual([3, ''])
      expect(stderr).toMatch(/^error: [^\n]*(too few open files|EMFILE)[\s\S]*ulimit -n 4096\n$/)
    }
    expect(starts.some(({ stderr }) => stderr.startsWith('error: too few open files are allowed to start'))).toBe(true)
  })

  it.each([
    [[], ''],
    [['--json'], '{"error":{"message":"Node 20.18.1 or newer is needed, and this is 18.20.8"'],
  ])('says which Node it needs, in whatever Node it is started: %j', (args, document) => {
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })"
    const faked = `data:text/javascript,${encodeURIComponent(older)}`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', faked, BIN, 'list', ...args], {
      encoding: 'utf8',
    })
    expect(stderr).toBe(
      'error: Node 20.18.1 or newer is needed, and this is 18.20.8\n  https://nodejs.org/en/download\n',
    )
    expect(stdout.replaceAll(/\n */g, '').replaceAll('": ', '":')).toContain(document)
    expect(status).toBe(3)
  })

  it('gives errors as JSON too', async () => {
    const outcome = await cli.run(['bench', 'lb-4711', '--json'])
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { exit_code: 2 } })
  })

  it('says that there is nothing to do', async () => {
    expect(await cli.run(['ps'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching('No stack is running'),
    })
    expect(await cli.ok('down')).toContain('Nothing is running')
    expect(await cli.ok('down', 'lb-3')).toContain('nothing to do')
    expect(await cli.ok('clean')).toContain('Nothing to remove')
    expect(await cli.json('ps', '--json')).toEqual([])
  })

  it('publishes its schemas', async () => {
    const run = await cli.json<{ properties: Record<string, unknown> }>('schema')
    expect(Object.keys(run.properties)).toEqual(
      expect.arrayContaining(['load', 'latency', 'instances', 'validity', 'verdicts']),
    )
    expect(await cli.json('schema', 'scenario')).toMatchObject({ type: 'object' })
    expect(await cli.json('schema', 'calibration')).toMatchObject({ required: expect.arrayContaining(['drives']) })
  })

  it.each(['bash', 'zsh', 'fish'])('completes in %s', async (shell) => {
    const script = await cli.ok('completion', shell)
    for (const command of COMMANDS) expect(script).toContain(command)
    for (const word of ['rps', 'remote-apply', 'standby-1']) expect(script).toContain(word)
  })

  it('examines the machine', async () => {
    const { findings } = await cli.json<{ findings: { what: string }[] }>('doctor', '--json')
    expect(findings.map((finding) => finding.what)).toEqual(
      expect.arrayContaining(['node', 'nginx', 'postgresql', 'docker engine', 'open files']),
    )
  })
})
