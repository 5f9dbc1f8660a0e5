import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { isLeftOut } from './backup.js'
import { mirrorFolder } from './mirror-folder.js'
import { passwordIn } from './pgpass.js'

const root = mkdtempSync(join(tmpdir(), 'scalelab-clone-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let from: string
let to: string
beforeEach(() => {
  const place = mkdtempSync(join(root, 'case-'))
  from = join(place, 'from')
  to = join(place, 'to')
  mkdirSync(from)
  mkdirSync(to)
})

/** Path to content of every file below a folder; folders as null. */
function tree(folder: string): Record<string, string | null> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const found = entries.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return [path.slice(folder.length + 1), entry.isFile() ? readFileSync(path, 'utf8') : null] as const
  })
  return Object.fromEntries(found)
}

function fill(folder: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

describe('mirrorFolder', () => {
  it('makes the target the same, whatever was in it', () => {
    const name = fc.constantFrom('a', 'b', 'base/1', 'base/2', 'base/deep/3', 'global/4')
    const folder = fc.dictionary(name, fc.string({ maxLength: 40, unit: fc.constantFrom('x', 'y') }))
    fc.assert(
      fc.property(folder, folder, (wanted, old) => {
        for (const [place, files] of [
          [from, wanted],
          [to, old],
        ] as const) {
          rmSync(place, { recursive: true })
          mkdirSync(place)
          fill(place, files)
        }
        const done = mirrorFolder(from, to, () => false)
        expect(tree(to)).toEqual(tree(from))
        expect(done.files).toBe(Object.keys(wanted).length)
        expect(done.bytes).toBe(Object.values(wanted).join('').length)
      }),
      { numRuns: 60 },
    )
  })

  it('writes only what differs, by the block', () => {
    const block = 256 * 1_024
    const text = 'a'.repeat(block) + 'b'.repeat(block) + 'c'.repeat(10)
    fill(from, { same: 'same', changed: text, longer: 'longer', shorter: 'short' })
    fill(to, { same: 'same', changed: text.replace('b', 'x'), longer: 'long', shorter: 'shorter' })
    const past = new Date('2020-01-01')
    utimesSync(join(to, 'same'), past, past)
    expect(mirrorFolder(from, to, () => false)).toMatchObject({ files: 4, written: block + 'longer'.length })
    expect(tree(to)).toEqual(tree(from))
    expect(statSync(join(to, 'same')).mtimeMs).toBe(past.getTime())
  })

  it('leaves out what is not wanted, and removes it from the target', () => {
    fill(from, { 'pg_wal/1': 'new', 'global/1': 'x' })
    fill(to, { 'pg_wal/1': 'old', 'pg_wal/2': 'old' })
    mirrorFolder(from, to, (path) => path.startsWith('pg_wal/'))
    expect(tree(to)).toEqual({ pg_wal: null, global: null, 'global/1': 'x' })
  })

  it('follows no link in the target', () => {
    const outside = join(to, '..', 'outside')
    fill(outside, { file: 'untouched', 'folder/a': 'untouched' })
    fill(from, { file: 'new', 'folder/a': 'new' })
    symlinkSync(join(outside, 'file'), join(to, 'file'))
    symlinkSync(join(outside, 'folder'), join(to, 'folder'))
    mirrorFolder(from, to, () => false)
    expect(tree(to)).toEqual(tree(from))
    expect(tree(outside)).toEqual({ file: 'untouched', folder: null, 'folder/a': 'untouched' })
  })

  it('goes on when files vanish and grow', () => {
    fill(from, { a: 'a', b: 'b', c: 'c' })
    mirrorFolder(from, to, (path) => {
      if (path === 'c') {
        rmSync(join(from, 'a'))
        appendFileSync(join(from, 'b'), 'more')
      }
      return false
    })
    expect(tree(to)).toEqual({ b: 'bmore', c: 'c' })
  })
})

it.each([
  ['PG_VERSION', false],
  ['base/1/1259', false],
  ['base/16385/pg_internal.init', true],
  ['base/16385/pg_filenode.map', false],
  ['base/pgsql_tmp/pgsql_tmp12.0', true],
  ['base/pgsql_tmp', true],
  ['global/pg_control', false],
  ['pg_xact/0000', false],
  ['pg_multixact/members/0000', false],
  ['pg_wal', false],
  ['pg_wal/000000010000000000000002', true],
  ['pg_wal/archive_status', true],
  ['pg_wal/00000002.history', false],
  ['pg_replslot', false],
  ['pg_replslot/standby_1', true],
  ['postmaster.pid', true],
  ['standby.signal', true],
  ['backup_label', true],
  ['backup_label.old', true],
  ['postgresql.auto.conf.tmp', true],
  ['postgresql.auto.conf', false],
])('of a data folder leaves out %s: %s', (path, expected) => {
  expect(isLeftOut(path)).toBe(expected)
})

describe('passwordIn', () => {
  const connection = ['127.0.0.1', '20001', 'postgres', 'scalelab']

  it.each([
    ['*:*:*:replicator:one\n*:*:*:scalelab:two\n', 'two'],
    ['127.0.0.1:20001:postgres:scalelab:one', 'one'],
    ['127.0.0.1:20002:*:*:one\n*:20001:*:*:two', 'two'],
    ['*:*:*:*:with\\:colon\\\\', 'with:colon\\'],
    ['# a remark\n\n*:*:*:*:one', 'one'],
  ])('finds it in %j', (text, password) => {
    expect(passwordIn(text, connection)).toBe(password)
  })

  it('says when there is none, and shows none', () => {
    expect(() => passwordIn('*:*:*:replicator:secret-one', connection)).toThrow(
      'the password file has no line for 127.0.0.1:20001',
    )
  })
})
