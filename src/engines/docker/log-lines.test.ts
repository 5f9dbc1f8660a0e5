import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secondsOf } from './follow-logs.js'
import { LogLines, logLines } from './log-lines.js'

function frame(stream: number, payload: string | Buffer): Buffer {
  const body = Buffer.from(payload)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}

describe('the output of a container', () => {
  it.each([
    ['nothing', [], []],
    ['both streams in order', [frame(1, 'a\n'), frame(2, 'b\n'), frame(1, 'c\n')], ['a', 'b', 'c']],
    ['several lines in a frame', [frame(1, 'a\n\nb\n')], ['a', '', 'b']],
    ['a line over frames', [frame(1, 'hel'), frame(2, 'oops\n'), frame(1, 'lo\n')], ['oops', 'hello']],
    ['a last line without end', [frame(1, 'a\nb')], ['a', 'b']],
    ['line ends of Windows', [frame(1, 'a\r\nb\r\n')], ['a', 'b']],
  ])('%s', (_name, frames, lines) => {
    expect(logLines(Buffer.concat(frames))).toEqual(lines)
  })

  it('is the same however the stream is cut, also within a character', () => {
    const output = Buffer.concat([frame(1, 'año\n'), frame(2, 'über'), frame(1, 'x\n'), frame(2, '€\n')])
    fc.assert(
      fc.property(fc.array(fc.nat(output.length), { maxLength: 8 }), (cuts) => {
        const lines = new LogLines()
        const edges = [0, ...cuts.sort((a, b) => a - b), output.length]
        const found = edges.slice(1).flatMap((edge, index) => lines.push(output.subarray(edges[index], edge)))
        expect([...found, ...lines.end()]).toEqual(['año', 'x', 'über€'])
      }),
    )
  })
})

describe('the moment a run ended', () => {
  it.each([
    ['2026-01-02T03:04:05.006007008Z', '1767323045.006007008'],
    ['2026-01-02T03:04:05.5Z', '1767323045.500000000'],
    ['2026-01-02T03:04:05Z', '1767323045.000000000'],
    ['0001-01-01T00:00:00Z', '0'],
  ])('%s is since=%s', (time, since) => {
    expect(secondsOf(time)).toBe(since)
  })
})
