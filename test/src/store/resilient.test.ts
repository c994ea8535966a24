import t, { type Test } from 'tap'
import { createMemoryStore } from '../../../src/store/memory.js'
import { ResilientStore } from '../../../src/store/resilient.js'
import { type Change, type Store, StoreError } from '../../../src/store/store.js'
import { eventually } from '../../support/processes.js'

t.test('what a failing disk does not take waits, in order, and is there when it serves again', async t => {
  const { store, disk, said } = open(t)
  await store.write([end(1)])
  disk.error = 'ENOSPC'
  await store.write([end(2), life(1, 'a')])
  await store.write([end(3), life(1, 'b')])
  t.match(store.state, { place: 'memory', reason: /ENOSPC/ })
  // Of the life only what it is now waits.
  t.match(store.health, { isOnDisk: false, waiting: 3, lost: 0 })
  await eventually('it tries again', () => store.health.failures > 1)
  disk.error = null
  await eventually('it serves again', () => store.state.reason === null)
  t.match(store.health, { isOnDisk: true, waiting: 0, lost: 0 })
  const ends: unknown[] = []
  for await (const { fields } of store.read('end', 'web')) ends.push(fields.at)
  t.strictSame(ends, [1, 2, 3])
  for await (const { fields } of store.read('life', 'web')) t.match(fields, { is: 'b' })
  t.match(said, [/the store fails.*ENOSPC/, /serves again: nothing was lost/])
})

t.test('what must wait for the disk fails with it', async t => {
  const { store, disk } = open(t)
  disk.error = 'EIO'
  await t.rejects(store.write([end(1)], true), { code: 'failed', message: /EIO/ })
  await t.rejects(store.write([end(2)], true), { code: 'failed' })
})

t.test('of what waits too long the oldest is lost, counted and said', async t => {
  const { store, disk, said } = open(t)
  disk.error = 'ENOSPC'
  for (let at = 0; at < 20_010; at++) await store.write([end(at)])
  disk.error = null
  await eventually('it serves again', () => store.state.reason === null)
  t.match(said[1], /10 records were lost/)
  t.match(store.health, { isOnDisk: true, waiting: 0, lost: 10 }, 'the count outlives the outage')
})

t.test('a store that is in memory from the start stays there', async t => {
  const said: string[] = []
  const reopen = async () => createMemoryStore()
  const store = new ResilientStore({
    store: createMemoryStore('no disk'),
    reopen,
    say: message => said.push(message),
    retryMs: 1,
  })
  t.teardown(() => store.close())
  await store.write([end(1)])
  await t.rejects(store.write([end(1)], true), { message: 'no disk' })
  t.match(store.state, { place: 'memory', reason: 'no disk' })
  t.match(store.health, { isOnDisk: false, waiting: 0, lost: 0 })
  t.strictSame(said, [])
})

/** A disk that fails as long as it is told to. What it has taken stays, whoever opens it. */
function open(t: Test) {
  const disk: { error: string | null } = { error: null }
  const memory = createMemoryStore()
  const said: string[] = []
  const opened = (): Store => ({
    ...memory,
    state: { place: 'disk', reason: null },
    async write(changes, isSynced) {
      if (disk.error !== null) throw new StoreError('failed', disk.error)
      await memory.write(changes, isSynced)
    },
    close: async () => undefined,
  })
  const say = (message: string) => said.push(message)
  const store = new ResilientStore({ store: opened(), reopen: async () => opened(), say, retryMs: 5 })
  t.teardown(() => store.close())
  return { store, disk, said }
}

function end(at: number): Change {
  return { kind: 'end', service: 'web', fields: { at } }
}

function life(number: number, is: string): Change {
  return { kind: 'life', service: 'web', number, fields: { is } }
}
