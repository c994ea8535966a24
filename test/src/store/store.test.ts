/** What holds for every store, in memory and on the disk. */

import t, { type Test } from 'tap'
import { createMemoryStore } from '../../../src/store/memory.js'
import { openStore } from '../../../src/store/open.js'
import type { Store, StoredRecord } from '../../../src/store/store.js'
import { privateFolder } from '../../support/folder.js'

const STORES: Readonly<Record<string, (t: Test) => Promise<Store>>> = {
  memory: async () => createMemoryStore(),
  disk: async t => (await openStore(privateFolder(t), 'boot')).store,
}

for (const [name, open] of Object.entries(STORES)) {
  t.test(`a sequence is numbered in the order of its records, and keeps the latest (${name})`, async t => {
    const store = await opened(t, open)
    await Promise.all(
      Array.from({ length: 1005 }, (_, at) => store.write([{ kind: 'refusal', service: 'web', fields: { at } }])),
    )
    const kept = await all(store.read('refusal', 'web'))
    t.equal(kept.length, 1000)
    t.match(kept[0], { number: 6, fields: { at: 5 } })
    t.match(kept.at(-1), { number: 1005, fields: { at: 1004 } })
    t.equal((await all(store.read('refusal', 'web', 10, 12))).length, 3)
    t.equal((await all(store.read('refusal', 'other'))).length, 0)
  })

  t.test(`the oldest of a sequence go when that is asked for (${name})`, async t => {
    const store = await opened(t, open)
    for (const at of [1, 2, 3]) await store.write([{ kind: 'end', service: 'web', fields: { at } }])
    await store.write([{ kind: 'end', service: 'web', oldest: 2 }])
    t.match(await all(store.read('end', 'web')), [{ number: 3 }])
  })

  t.test(`a slot holds the last that was put there, or nothing (${name})`, async t => {
    const store = await opened(t, open)
    const put = (number: number, fields: object | null) =>
      store.write([{ kind: 'life', service: 'web', number, fields: fields as StoredRecord['fields'] | null }])
    await put(1, { is: 'first' })
    await put(2, { is: 'second' })
    await put(1, { is: 'later' })
    await put(2, null)
    await put(9, null)
    t.strictSame(await all(store.read('life', 'web')), [
      { kind: 'life', service: 'web', number: 1, fields: { is: 'later' } },
    ])
  })
}

async function opened(t: Test, open: (t: Test) => Promise<Store>): Promise<Store> {
  const store = await open(t)
  t.teardown(() => store.close())
  return store
}

async function all(records: AsyncIterable<StoredRecord>): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = []
  for await (const record of records) found.push(record)
  return found
}
