import type { Command } from 'commander'
import { usageError } from '../../core/errors.js'
import { harmless } from '../../core/outside-text.js'
import { number } from '../../core/parameters/kinds.js'
import { theStack } from '../../lab/stack/running-stacks.js'
import type { Lab } from '../lab.js'

interface LogsOptions {
  stack?: string
  tail: string
  follow?: boolean
  json?: boolean
}

export function add(command: Command, lab: Lab): void {
  command
    .description('Prints the last log lines of a node, or of every node of the stack.')
    .argument('[node]', 'a node, as in api-1 (default: all)')
    .option('--stack <name>', 'which stack, when several run')
    .option('--json', 'the lines of each node as JSON')
    .option('--tail <n>', 'how many lines of each', '50')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  $ scalelab logs\n  $ scalelab logs balancer --tail 200\n  $ scalelab logs api-1 -f',
    )
    .action(async (node: string | undefined, options: LogsOptions) => {
      if (options.json === true && options.follow === true) {
        throw usageError('--json is one document, and --follow has no end', 'Leave one of them out')
      }
      const tail = number('--tail', options.tail, 0, 1_000_000)
      const stack = await theStack(await lab.allEngines(), options.stack)
      const ids = node === undefined ? (await stack.nodes()).map(({ id }) => id) : [node]
      const width = Math.max(...ids.map((id) => id.length))
      const show = (id: string, line: string): void =>
        lab.print(`${ids.length === 1 ? '' : `${id.padEnd(width)} | `}${harmless(line)}`)
      const nodes: { id: string; lines: string[] }[] = []
      lab.document({ stack: stack.meta.name, nodes })
      for (const id of ids) {
        const lines = await stack.logs(id, tail)
        nodes.push({ id, lines })
        if (lines.length === 0 && tail > 0) lab.remark(`${id} has written nothing.`)
        for (const line of lines) show(id, line)
      }
      if (options.follow !== true) return
      await Promise.all(
        ids.map(async (id) => {
          for await (const line of stack.followLogs(id, lab.os.signal)) show(id, line)
        }),
      )
      lab.os.signal.throwIfAborted()
    })
}
