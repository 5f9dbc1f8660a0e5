import type { NodeControl } from './port.js'

/** Something that was done to a server of a stack. */
export type HealingStep =
  | { did: 'killed' | 'started' | 'thawed'; node: string }
  | { did: 'promoted'; node: string; inPlaceOf: string }
  | { did: 'brought back' | 'repointed'; node: string; primary: string }

/** In words, a clause without its full stop. */
export function stepWords(step: HealingStep): string {
  switch (step.did) {
    case 'killed':
      return `${step.node} was forbidden to start, and killed`
    case 'started':
      return `${step.node} was started again`
    case 'thawed':
      return `${step.node} was thawed`
    case 'promoted':
      return `${step.node} became the primary in place of ${step.inPlaceOf}`
    case 'brought back':
      return `${step.node} is a standby of ${step.primary} again`
    case 'repointed':
      return `${step.node} follows ${step.primary}`
  }
}

/**
 * What is done to nodes through this control is written down as it is done, begun or not to its end: whoever says later
 * what was changed says it from there.
 */
export function recorded(control: NodeControl, done: HealingStep[]): NodeControl {
  const note = (did: 'killed' | 'started' | 'thawed', node: string): void => {
    if (!done.some((step) => step.did === did && step.node === node)) done.push({ did, node })
  }
  return {
    ...control,
    kill: (node) => {
      note('killed', node)
      return control.kill(node)
    },
    restart: (node) => {
      note('started', node)
      return control.restart(node)
    },
    resume: (node) => {
      note('thawed', node)
      return control.resume(node)
    },
  }
}

/** A server that streams again: how that was done in detail is no longer of interest. */
export function broughtBack(done: HealingStep[], node: string, primary: string): void {
  const others = done.filter((step) => step.node !== node || step.did === 'promoted')
  done.splice(0, done.length, ...others, { did: 'brought back', node, primary })
}
