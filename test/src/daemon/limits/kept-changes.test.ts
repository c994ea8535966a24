import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openKeptChanges } from '../../../../src/daemon/limits/kept-changes.js'
import { privateFolder } from '../../../support/folder.js'

const SET = {
  limits: { children: 3, rate: { limit: 2, windowMs: 1000 } },
  origins: {
    children: { from: 'command', command: 'espalier limits set', atMs: 7 },
    rate: { from: 'api', atMs: 8 },
  },
} as const

t.test('what is kept is there for whoever opens it next, private, and gone once it is dropped', async t => {
  const path = join(privateFolder(t), 'limits.json')
  const troubles: string[] = []
  const open = () => openKeptChanges(path, message => troubles.push(message))
  open().keep('web', SET)
  t.strictSame(open().of('web'), SET)
  t.strictSame(open().of('other'), { limits: {}, origins: {} })
  t.equal(statSync(path).mode & 0o777, 0o600)
  const last = open()
  last.drop(['other'])
  t.ok(existsSync(path))
  last.drop(['web'])
  t.notOk(existsSync(path), 'nothing is left of nothing')
  t.strictSame(troubles, [])
})

t.test('a damaged file is told and counts as none, whatever is wrong with it', async t => {
  const path = join(privateFolder(t), 'limits.json')
  openKeptChanges(path, () => undefined).keep('web', SET)
  const whole = readFileSync(path, 'utf8')
  const bad = [
    ...Array.from({ length: whole.length - 1 }, (_, length) => whole.slice(0, length)),
    'null',
    '[]',
    '{"v":2,"services":{}}',
    '{"v":1,"services":{"a b":{"limits":{}}}}',
    '{"v":1,"services":{"web":null}}',
    '{"v":1,"services":{"web":{"limits":{"children":-1}}}}',
    '{"v":1,"services":{"web":{"limits":{"kids":1}}}}',
  ]
  for (const text of bad) {
    writeFileSync(path, text)
    const troubles: string[] = []
    t.strictSame(openKeptChanges(path, message => troubles.push(message)).of('web').limits, {}, text)
    t.match(troubles, [/limits that were set are lost.*limits\.json/])
  }
})

t.test('where it cannot be written nothing is kept, and what was kept before is kept still', async t => {
  const folder = join(privateFolder(t), 'in')
  mkdirSync(folder)
  const path = join(folder, 'limits.json')
  const kept = openKeptChanges(path, () => undefined)
  kept.keep('web', SET)
  // A folder in the place of the file that is written: refused to root too.
  mkdirSync(`${path}.new`)
  t.throws(() => kept.keep('web', { limits: { children: 9 }, origins: {} }), {
    code: 'unavailable',
    message: /nothing was changed/,
  })
  t.strictSame(kept.of('web'), SET)
  t.strictSame(openKeptChanges(path, () => undefined).of('web'), SET)
  chmodSync(folder, 0o700)
})
