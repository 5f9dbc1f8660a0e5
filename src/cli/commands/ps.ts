import type { Command } from 'commander'
import { LabError } from '../../core/errors.js'
import type { Stack } from '../../engines/port.js'
import { findStacks } from '../../lab/stack/running-stacks.js'
import type { NodeRow } from '../../ui/listings.js'
import type { Lab } from '../lab.js'

export function add(command: Command, lab: Lab): void {
  command
    .description(
      'Lists every node of every stack with its role, state and URL; the entry of a stack comes first. Database servers are asked what they are at the moment, shards which slots they have.',
    )
    .option('--json', 'as JSON: an array of nodes')
    .addHelpText('after', '\nExamples:\n  $ scalelab ps\n  $ scalelab ps --json | jq -r ".[0].url"')
    .action(async (options: { json?: boolean }) => {
      const { stacks, problems } = await findStacks(await lab.allEngines())
      const rows = await Promise.all(
        stacks.map(async (stack) => {
          if (stack.damage !== undefined) return { stack, nodes: [] }
          try {
            return { stack, nodes: await nodesOf(lab, stack) }
          } catch (error) {
            // One damaged stack must not hide the others.
            if (!(error instanceof LabError)) throw error
            problems.push(`${stack.meta.name}: ${error.message}`)
            return { stack, nodes: [] }
          }
        }),
      )
      if (options.json === true) {
        return lab.document(
          rows.flatMap(({ stack, nodes }) => [
            ...damagedRow(stack),
            ...nodes.map(({ id, role, state, headless, url, database, shard }) => ({
              stack: stack.meta.name,
              scenario: stack.meta.scenario,
              engine: stack.meta.engine,
              complete: stack.complete,
              id,
              role,
              state,
              ...(headless === undefined ? {} : { headless }),
              url,
              ...(database === undefined ? {} : { database }),
              ...(shard === undefined ? {} : { shard }),
            })),
          ]),
        )
      }
      if (rows.length === 0) lab.remark('No stack is running. Bring one up: scalelab up lb-3')
      const { renderNodes } = await import('../../ui/listings.js')
      for (const { stack, nodes } of rows) {
        const { name, scenario, engine, owner } = stack.meta
        if (stack.damage !== undefined) {
          lab.print(`${name}: damaged: ${stack.damage.message}. Remove it: scalelab down ${name}`)
          continue
        }
        const half = stack.complete ? '' : ', half there: it is starting, or its start was cut off (scalelab clean)'
        const who = owner === 'kept' ? '' : `, of a bench (pid ${owner.pid})`
        lab.print(`${name}: ${scenario} on the ${engine} engine${who}${half}`)
        lab.print(renderNodes(nodes, lab.look()))
      }
      for (const problem of problems) lab.remark(`Not looked at: ${problem}`)
    })
}

/** Stands for the nodes of a stack whose record cannot be read. */
function damagedRow({ meta, damage }: Stack): object[] {
  if (damage === undefined) return []
  const { name, scenario, engine } = meta
  const unknown = { id: null, role: null, state: 'damaged', url: null }
  return [{ stack: name, scenario, engine, complete: false, ...unknown, damage: damage.message }]
}

async function nodesOf(lab: Lab, stack: Stack): Promise<NodeRow[]> {
  const nodes = await stack.nodes()
  if (!nodes.some(({ role }) => role === 'database')) return nodes
  // The client of PostgreSQL is a quarter of what this command would load.
  const [{ databaseViews }, { shardViews }] = await Promise.all([
    import('../../lab/stack/database-views.js'),
    import('../../lab/stack/shard-views.js'),
  ])
  const [databases, shards] = await Promise.all([databaseViews(lab, stack), shardViews(lab, stack)])
  return nodes.map((node) => {
    const [database, shard] = [databases.get(node.id), shards.get(node.id)]
    return { ...node, ...(database === undefined ? {} : { database }), ...(shard === undefined ? {} : { shard }) }
  })
}
