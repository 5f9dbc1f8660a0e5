/**
 * What opens a report and ends a command: one paragraph in plain words, for a reader who does not know the field's terms
 * yet. Each part is whole sentences without marks, the same for terminal and report; statistics come below.
 */
export interface Lead {
  /** What forbids to read the figures as those of the system; it comes before all of them. */
  doubt?: readonly string[]
  /** What was done to find out what. */
  asked: readonly string[]
  /** What came out, in figures. */
  found: readonly string[]
  /** What that says about the system; nothing where a doubt forbids it. */
  means: readonly string[]
  /** How far it can be believed. */
  sure: readonly string[]
}

export function leadText({ doubt = [], asked, found, means, sure }: Lead): string {
  return [...doubt, ...asked, ...found, ...means, ...sure].join(' ')
}
