import { describe, expect, it } from 'vitest'
import { createUpProgress, type ProgressEvent, type UpProgressOptions } from './up-progress.js'

const EVENTS: ProgressEvent[] = [
  { kind: 'note', text: 'the process engine holds no limits' },
  { kind: 'pull', image: 'nginx:1.27', done: null },
  { kind: 'pull', image: 'nginx:1.27', done: 0.1 },
  { kind: 'pull', image: 'nginx:1.27', done: 0.3 },
  { kind: 'pull', image: 'nginx:1.27', done: 0.31 },
  { kind: 'pull', image: 'nginx:1.27', done: 1 },
  { kind: 'pull', image: 'nginx:1.27', done: 1 },
  { kind: 'starting', node: 'api-1' },
  { kind: 'starting', node: 'api-2' },
  { kind: 'ready', node: 'api-2', ms: 310 },
  { kind: 'ready', node: 'api-1', ms: 1_200 },
]

function written(options: Partial<UpProgressOptions>, events = EVENTS): string {
  let text = ''
  const progress = createUpProgress({ write: (more) => (text += more), isTTY: false, nodes: 2, ...options })
  for (const event of events) progress.event(event)
  progress.close()
  progress.close()
  return text
}

/** What of the text is on the screen in the end: a carriage return with an erased line takes back what was there. */
function visible(text: string): string[] {
  return text.split('\n').map((line) => line.split('\r\x1b[2K').at(-1) ?? '')
}

describe('createUpProgress', () => {
  it('tells each step once where lines cannot be written over', () => {
    expect(written({})).toBe(
      [
        'the process engine holds no limits',
        'pulling nginx:1.27',
        'pulling nginx:1.27 25 %',
        'pulled nginx:1.27',
        'starting api-1',
        'starting api-2',
        'ready api-2 after 310 ms',
        'ready api-1 after 1.2 s',
        '',
      ].join('\n'),
    )
  })

  it('keeps what is under way on one last line of a terminal, and takes it off', () => {
    const text = written({ isTTY: true })
    expect(visible(text)).toEqual([
      'the process engine holds no limits',
      'pulled nginx:1.27',
      'ready api-2 after 310 ms',
      'ready api-1 after 1.2 s',
      '',
    ])
    expect(text).toContain('  pulling nginx:1.27 30 %')
    expect(text).toContain('  0 of 2 ready, starting api-1, api-2')
    expect(text).toContain('  1 of 2 ready, starting api-1\r')
  })

  it('never fills a line of the terminal', () => {
    const many = Array.from({ length: 30 }, (_, index): ProgressEvent => ({ kind: 'starting', node: `api-${index}` }))
    const lines = written({ isTTY: true, columns: () => 40 }, many).split('\r\x1b[2K')
    expect(Math.max(...lines.map((line) => line.length))).toBe(39)
  })

  it('takes the last line off when a start fails half-way', () => {
    const text = written({ isTTY: true }, [{ kind: 'starting', node: 'api-1' }])
    expect(visible(text)).toEqual([''])
  })

  it('lets no escape codes through from names', () => {
    expect(written({}, [{ kind: 'note', text: 'pulled \x1b[2Jby\nnobody' }])).toBe('pulled by nobody\n')
  })
})
