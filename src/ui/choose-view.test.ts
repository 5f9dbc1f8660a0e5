import { describe, expect, it } from 'vitest'
import { chooseView, type ViewConditions, type ViewKind, wantsColour, wantsUnicode } from './choose-view.js'

const terminal: ViewConditions = { isTTY: true, env: { TERM: 'xterm-256color' }, quiet: false, json: false }

describe('chooseView', () => {
  const cases: [string, Partial<ViewConditions>, ViewKind][] = [
    ['a terminal', {}, 'dashboard'],
    ['a terminal whose environment says nothing', { env: {} }, 'dashboard'],
    ['no terminal', { isTTY: false }, 'plain'],
    ['--quiet', { quiet: true }, 'plain'],
    ['--quiet without a terminal', { quiet: true, isTTY: false }, 'plain'],
    ['--json', { json: true }, 'silent'],
    ['--json without a terminal', { json: true, isTTY: false }, 'silent'],
    ['--json with --quiet', { json: true, quiet: true }, 'silent'],
    ['NO_COLOR', { env: { NO_COLOR: '1' } }, 'plain'],
    ['NO_COLOR=0, which is set', { env: { NO_COLOR: '0' } }, 'plain'],
    ['an empty NO_COLOR, which does not count', { env: { NO_COLOR: '' } }, 'dashboard'],
    ['a dumb terminal', { env: { TERM: 'dumb' } }, 'plain'],
    ['a screen reader', { env: { INK_SCREEN_READER: 'true' } }, 'plain'],
    ['CI', { env: { CI: 'true' } }, 'plain'],
    ['CI=false', { env: { CI: 'false' } }, 'dashboard'],
    ['CI=0', { env: { CI: '0' } }, 'dashboard'],
    ['CONTINUOUS_INTEGRATION', { env: { CONTINUOUS_INTEGRATION: '1' } }, 'plain'],
  ]
  it.each(cases)('%s', (_, changes, expected) => {
    expect(chooseView({ ...terminal, ...changes })).toBe(expected)
  })
})

describe('wantsColour', () => {
  it.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['a dumb terminal', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTTY, env, expected) => {
    expect(wantsColour({ isTTY, env })).toBe(expected)
  })
})

it('the bare Linux console has no block characters', () => {
  expect(wantsUnicode({ TERM: 'linux' })).toBe(false)
  expect(wantsUnicode({ TERM: 'xterm-256color' })).toBe(true)
  expect(wantsUnicode({})).toBe(true)
})
