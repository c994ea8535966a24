import t, { type Test } from 'tap'
import { createKeptChanges } from '../../../../src/daemon/limits/kept-changes.js'
import { createMemoryStore } from '../../../../src/store/memory.js'
import { type OpenedStore, openStore } from '../../../../src/store/open.js'
import { privateFolder } from '../../../support/folder.js'

const SET = {
  limits: { children: 3, rate: { limit: 2, windowMs: 1000 } },
  origins: {
    children: { from: 'command', command: 'espalier limits set', atMs: 7 },
    rate: { from: 'api', atMs: 8 },
  },
} as const

const NOTHING = { limits: {}, origins: {} }

t.test('what is kept is there for whoever opens the store next, and gone once it is dropped', async t => {
  const folder = privateFolder(t)
  const first = await open(t, folder)
  await first.kept.keep('web', SET)
  await first.kept.keep('api', SET)
  await first.store.close()
  const next = await open(t, folder)
  t.strictSame(next.kept.of('web'), SET)
  t.strictSame(next.kept.of('other'), NOTHING)
  await next.kept.drop(['other', 'web'])
  await next.kept.keep('api', NOTHING)
  await next.store.close()
  const last = await open(t, folder)
  t.strictSame(last.kept.of('web'), NOTHING)
  t.strictSame(last.records, [], 'nothing is left of nothing')
  await last.store.close()
})

t.test('a change waits for the disk, as a loss of power must not undo it', async t => {
  const waited: unknown[] = []
  const store = { write: async (changes: unknown, isSynced?: boolean) => void waited.push([changes, isSynced]) }
  const kept = createKeptChanges(store, [], () => undefined)
  await kept.keep('web', SET)
  await kept.drop(['web'])
  t.strictSame(waited, [
    [[{ kind: 'limits', service: 'web', number: 0, fields: SET }], true],
    [[{ kind: 'limits', service: 'web', number: 0, fields: null }], true],
  ])
})

t.test('limits that this version does not know are told, and count as none', async t => {
  const troubles: string[] = []
  const records = [{ limits: { kids: 1 } }, { limits: { children: -1 } }, { limits: null }].map((fields, at) => {
    return { kind: 'limits', service: `s${at}`, number: 0, fields } as const
  })
  const kept = createKeptChanges(createMemoryStore(), records, message => troubles.push(message))
  t.strictSame(kept.of('s0'), NOTHING)
  t.strictSame(kept.of('s1'), NOTHING)
  t.strictSame(kept.of('s2'), NOTHING)
  t.match(troubles, [/set in s0 are lost .*kids/, /set in s1 are lost .*children/])
})

t.test('where the disk does not serve a change holds for this daemon', async t => {
  const kept = createKeptChanges(createMemoryStore('the disk is full'), [], () => undefined)
  await kept.keep('web', SET)
  t.strictSame(kept.of('web'), SET)
  await kept.drop(['web'])
  t.strictSame(kept.of('web'), NOTHING)
})

/** What is kept in the store of a folder. */
async function open(t: Test, folder: string): Promise<OpenedStore & { kept: ReturnType<typeof createKeptChanges> }> {
  const opened = await openStore(folder, 'boot')
  t.strictSame(opened.notes, [])
  return { ...opened, kept: createKeptChanges(opened.store, opened.records, message => t.fail(message)) }
}
