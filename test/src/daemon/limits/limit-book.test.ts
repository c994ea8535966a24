import t from 'tap'
import { EspalierError } from '../../../../protocol/failures.js'
import type { LimitsInput } from '../../../../protocol/limits.js'
import type { Core } from '../../../../src/core.js'
import { createKeptChanges } from '../../../../src/daemon/limits/kept-changes.js'
import { createLimitBook } from '../../../../src/daemon/limits/limit-book.js'
import { createMemoryStore } from '../../../../src/store/memory.js'
import type { StoredRecord } from '../../../../src/store/store.js'

const FILE = {
  limits: { children: 9, depth: 4 },
  origins: { children: { from: 'file', file: '/c.yaml', line: 3 } },
} as const
const CHANGED = { ...FILE, limits: { children: 12, depth: 5 } }

/** A book over trees that note what they are registered with, and may refuse the next. */
function open() {
  const store = createMemoryStore()
  const registered: (LimitsInput | null | undefined)[] = []
  const held: string[] = []
  let failure: EspalierError | null = null
  const core = {
    async registerService(_name: string, limits?: LimitsInput | null) {
      if (failure !== null) throw failure
      registered.push(limits)
    },
  } as unknown as Core
  const book = async () =>
    createLimitBook(
      core,
      createKeptChanges(store, await stored(store), () => undefined),
      () => 77,
      name => held.push(name),
    )
  return {
    book,
    registered,
    held,
    fail: (error: EspalierError | null) => {
      failure = error
    },
  }
}

async function stored(store: ReturnType<typeof createMemoryStore>): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = []
  for await (const record of store.read('limits', 'web')) records.push(record)
  return records
}

t.test('what is set lies over the config, is named, held, and kept for the next daemon', async t => {
  const { book, registered, held } = open()
  const first = await book()
  await first.configure('web', FILE)
  t.strictSame(await first.set({ service: 'web', limits: { children: 2 }, configured: [], by: 'command' }), [
    { name: 'children', before: 9, after: 2 },
  ])
  const next = await book()
  await next.configure('web', FILE)
  t.match(registered.at(-1), { children: 2, depth: 4 })
  t.match(next.find('web')?.origins, { children: { from: 'command', atMs: 77 }, depth: { from: 'api' } })
  t.strictSame(held, ['web', 'web', 'web'])
})

t.test('a limit that is given back is what the config says then', async t => {
  const { book } = open()
  const limits = await book()
  await limits.configure('web', FILE)
  await limits.set({ service: 'web', limits: { children: 2, strict: true }, configured: [], by: 'api' })
  await limits.configure('web', CHANGED)
  t.match(limits.find('web')?.limits, { children: 2, depth: 5, strict: true })
  await limits.set({ service: 'web', limits: {}, configured: ['children'], by: 'api' })
  t.match(limits.find('web')?.limits, { children: 12, strict: true })
})

t.test('a preview says what would change, what stays as it was set, and changes nothing', async t => {
  const { book, registered } = open()
  const limits = await book()
  await limits.configure('web', FILE)
  await limits.set({ service: 'web', limits: { children: 2 }, configured: [], by: 'command' })
  const before = registered.length
  t.strictSame(limits.preview('web', CHANGED), {
    changes: [{ name: 'depth', before: 4, after: 5 }],
    kept: ['children'],
  })
  t.strictSame(limits.preview('web', FILE), { changes: [], kept: [] })
  t.equal(registered.length, before)
})

t.test('a change that a tree refuses is not kept', async t => {
  const { book, fail } = open()
  const limits = await book()
  await limits.configure('web', FILE)
  fail(new EspalierError('unavailable', 'its host is gone'))
  await t.rejects(limits.set({ service: 'web', limits: { children: 2 }, configured: [], by: 'command' }), {
    code: 'unavailable',
  })
  t.equal(limits.find('web')?.limits.children, 9)
  fail(null)
  const next = await book()
  await next.configure('web', FILE)
  t.equal(next.find('web')?.limits.children, 9)
})

t.test('with the end of a service what was set ends', async t => {
  const { book } = open()
  const limits = await book()
  await limits.configure('web', FILE)
  await limits.set({ service: 'web', limits: { children: 2 }, configured: [], by: 'command' })
  await limits.dropSet(['web'])
  t.equal(limits.find('web')?.limits.children, 9)
})
