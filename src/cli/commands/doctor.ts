import { mkdir } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import type { Command } from 'commander'
import { EXIT } from '../../core/errors.js'
import { stackParametersSchema } from '../../core/parameters.js'
import type { Topology } from '../../core/topology.js'
import type { Engine, Stack } from '../../engines/port.js'
import { writeError } from '../../store/atomic-file.js'
import { topologyOf } from '../../topologies/topology.js'
import type { Lab } from '../lab.js'
import { findStacks } from '../running-stacks.js'

interface Finding {
  what: string
  ok: boolean
  /** Without it scalelab cannot work at all, or only works less well. */
  needed: boolean
  found: string
  fix: string | null
}

/** Connections that the built-in scenarios and a generous --connections want. */
const WANTED_FILES = 4_096

export function addDoctor(program: Command, lab: Lab): void {
  program
    .command('doctor')
    .summary('what this machine can do, and what is missing')
    .description(
      'Checks what scalelab needs: Node, nginx, PostgreSQL, Docker with its images, file descriptors, processors, a place for its state, leftovers. Ends with exit code 3 when no engine can run a stack.',
    )
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  $ scalelab doctor\n  $ scalelab doctor --json')
    .action(async (options: { json?: boolean }) => {
      const findings = await examine(lab)
      const engines = findings.filter((finding) => finding.what.endsWith('engine'))
      const works = engines.some((finding) => finding.ok) && findings.every((finding) => finding.ok || !finding.needed)
      if (options.json === true) lab.printJson({ works, findings })
      else {
        for (const { what, ok, needed, found, fix } of findings) {
          lab.print(`${ok ? 'ok     ' : needed ? 'MISSING' : 'absent '}  ${what.padEnd(16)}  ${found}`)
          if (!ok && fix !== null) for (const line of fix.split('\n')) lab.print(`${' '.repeat(27)}${line}`)
        }
        lab.print(works ? '\nThis machine can run experiments.' : '\nThis machine cannot run a stack yet: see above.')
      }
      lab.exit(works ? EXIT.ok : EXIT.environment)
    })
}

async function examine(lab: Lab): Promise<Finding[]> {
  const engines = await lab.engines()
  const withNginx = topologyWith('nginx')
  const withBuiltin = topologyWith('builtin')
  const [docker, nginx, processes, postgres, state, stacks] = await Promise.all([
    available(engines.docker, withNginx, lab),
    available(engines.process, withNginx, lab),
    available(engines.process, withBuiltin, lab),
    postgresFinding(engines.process, lab),
    stateFinding(lab),
    findStacks(await lab.allEngines()),
  ])
  const files = openFileLimit()
  const major = Number(process.versions.node.split('.')[0])
  return [
    { what: 'node', ok: major >= 20, needed: true, found: process.version, fix: 'Install Node 20 or newer' },
    { what: 'process engine', needed: false, ...processes },
    { what: 'nginx', needed: false, ...nginx },
    { what: 'postgresql', needed: false, ...postgres },
    { what: 'docker engine', needed: false, ...docker },
    {
      what: 'open files',
      ok: files === null || files >= WANTED_FILES,
      needed: false,
      found: files === null ? 'no limit known' : `${files.toLocaleString('en-US')} per process`,
      fix: `Many connections need more: ulimit -n ${WANTED_FILES}`,
    },
    {
      what: 'processors',
      ok: cpus().length >= 2,
      needed: false,
      found: `${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
      fix: 'The generator and the stack share one processor: keep rates low',
    },
    state,
    {
      what: 'stacks',
      ok: true,
      needed: false,
      found:
        stacks.stacks.length === 0
          ? 'none running'
          : (await Promise.all(stacks.stacks.map((stack) => describeStack(stack, lab)))).join(', '),
      fix: null,
    },
  ]
}

/** The soft limit on open files of this process, from its diagnostic report; null where there is none. */
function openFileLimit(): number | null {
  const report = process.report?.getReport() as { userLimits?: { open_files?: { soft?: number | string } } } | undefined
  const soft = Number(report?.userLimits?.open_files?.soft)
  return Number.isFinite(soft) ? soft : null
}

async function describeStack({ meta, complete }: Stack, lab: Lab): Promise<string> {
  const orphaned = meta.owner !== 'kept' && (await lab.identity.of(meta.owner.pid)) !== meta.owner.identity
  return orphaned ? `${meta.name} (left behind: scalelab clean)` : complete ? meta.name : `${meta.name} (half there)`
}

function topologyWith(balancer: 'nginx' | 'builtin'): Topology {
  return topologyOf({ ...stackParametersSchema.parse({ kind: 'balanced', replicas: 3 }), balancer })
}

async function postgresFinding(engine: Engine, lab: Lab): Promise<Pick<Finding, 'ok' | 'found' | 'fix'>> {
  const parameters = stackParametersSchema.parse({ kind: 'replicated', replicas: 2, database: {} })
  const availability = await engine.available(topologyOf({ ...parameters, balancer: 'builtin' }), lab.os.signal)
  if (!availability.ok) return { ok: false, found: availability.reason, fix: availability.fix }
  const found = (availability.notes ?? []).join(' ').replace(/^PostgreSQL: /, '')
  return { ok: true, found: `${found} Another one: --pg-bin <folder>`, fix: null }
}

async function available(engine: Engine, topology: Topology, lab: Lab): Promise<Pick<Finding, 'ok' | 'found' | 'fix'>> {
  const availability = await engine.available(topology, lab.os.signal)
  return availability.ok
    ? { ok: true, found: availability.version, fix: null }
    : { ok: false, found: availability.reason, fix: availability.fix }
}

async function stateFinding(lab: Lab): Promise<Finding> {
  const what = 'state folder'
  const { stateDir } = lab.os
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 })
    return { what, ok: true, needed: true, found: stateDir, fix: null }
  } catch (error) {
    const explained = writeError(error, stateDir, 'XDG_STATE_HOME')
    const found = explained instanceof Error ? explained.message : stateDir
    return { what, ok: false, needed: true, found, fix: 'Set XDG_STATE_HOME to a folder that can be written' }
  }
}
