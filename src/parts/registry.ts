import { type NodeSpec, serverOf } from '../core/topology.js'
import { api } from './api/api.js'
import { builtin } from './builtin/builtin.js'
import { haproxy } from './haproxy/haproxy.js'
import { nginx } from './nginx/nginx.js'
import type { BalancerPart, Part } from './port.js'
import { postgres } from './postgres/postgres.js'

/** All balancers. */
export const BALANCERS: readonly BalancerPart[] = [nginx, builtin, haproxy]

export const PARTS: readonly Part[] = [...BALANCERS, api, postgres]

/** Names of the processes that are data servers. */
export const SERVER_PROGRAMS = PARTS.flatMap((part) => serverOf(part)?.server.programs[0] ?? [])

/** What --balancer takes. */
export const BALANCER_CHOICES = ['auto', ...BALANCERS.map(({ name }) => name)]

/** What the balancer `auto` is: the first of these that can be had. */
export const AUTO_BALANCERS = { preferred: nginx, otherwise: builtin }

/** Images that the user may name others for, with those that are taken else. */
export const DEFAULT_IMAGES: Readonly<Record<string, string>> = {
  // Of our own programs.
  node: 'node:20.20.2-alpine',
  ...Object.fromEntries(
    PARTS.flatMap(({ program, image }) =>
      program.kind === 'installed' && image !== undefined ? [[program.image, image]] : [],
    ),
  ),
}

/** The balancer of this name, or undefined. */
export function balancerPart(name: string): BalancerPart | undefined {
  return BALANCERS.find((part) => part.name === name)
}

/**
 * What ran in a node, in the words of the report: "nginx 1.22.1", and as a sentence calls it: "nginx".
 * @param software versions, by the names of programs
 */
export function programWords(
  { part: name, program }: Pick<NodeSpec, 'part' | 'program'>,
  software: Readonly<Record<string, string>>,
): { program: string; words: string } {
  if (program.kind === 'command') return { program: program.command, words: program.command }
  if (program.kind === 'image') return { program: program.image, words: program.image }
  const { title, words } = PARTS.find((part) => part.name === name) ?? { title: name, words: name }
  const version = program.kind === 'installed' ? software[program.name] : undefined
  return { program: version === undefined ? title : `${title} ${version}`, words }
}
