import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { EspalierEvent } from '../../../../protocol/events.js'
import { createChronicle, ENTRIES_KEPT } from '../../../../src/daemon/events/chronicle.js'
import type { Change, StoredRecord } from '../../../../src/store/store.js'

const event = (number: number, service = 'web'): EspalierEvent => ({
  ...{ kind: 'service_unregistered', service, number, atMs: number },
})
const never = new AbortController().signal
const nothing = { write: () => Promise.resolve() }
const empty = (now: () => number) => createChronicle({ now, store: nothing, records: [] })

t.test('entries have their places, and are read from any of them', async t => {
  let nowMs = 1000
  const chronicle = empty(() => nowMs++)
  t.equal(chronicle.last, 0)
  t.equal(chronicle.first, 1)
  for (const number of [1, 2, 3]) chronicle.append(event(number))
  await turn()
  t.same(
    chronicle.read(2, 10).map(({ place, at, event }) => [place, at, event.number]),
    [
      [2, 1001, 2],
      [3, 1002, 3],
    ],
  )
  t.equal(chronicle.read(1, 2).length, 2)
  t.equal(chronicle.placeSince(1001), 2)
  t.equal(chronicle.placeSince(5000), 4)
  t.match(chronicle.name, /^[a-z0-9]{8}$/)
})

t.test('past its bound the oldest entry goes', async t => {
  const chronicle = empty(() => 0)
  for (let number = 1; number <= 2 * ENTRIES_KEPT + 3; number++) chronicle.append(event(number))
  await turn()
  t.equal(chronicle.first, ENTRIES_KEPT + 4)
  t.match(chronicle.read(1, 1), [{ place: ENTRIES_KEPT + 4, event: { number: ENTRIES_KEPT + 4 } }])
  t.match(chronicle.read(chronicle.last, 9), [{ place: 2 * ENTRIES_KEPT + 3 }])
})

t.test('a reader sleeps until there is more, it leaves, or nothing comes any more', async t => {
  const chronicle = empty(() => 0)
  const grown = chronicle.grown(1, never)
  chronicle.append(event(1))
  await grown
  await chronicle.grown(1, never)
  const leaving = new AbortController()
  const left = chronicle.grown(2, leaving.signal)
  leaving.abort()
  await left
  await chronicle.grown(2, leaving.signal)
  const closed = chronicle.grown(2, never)
  chronicle.close()
  await closed
  t.equal(chronicle.isClosed, true)
})

t.test('nothing is told before it is stored', async t => {
  let isStored: () => void = () => undefined
  const store = {
    write: () =>
      new Promise<void>(settle => {
        isStored = settle
      }),
  }
  const chronicle = createChronicle({ now: () => 0, store, records: [] })
  chronicle.append(event(1))
  await turn()
  t.same([chronicle.last, chronicle.read(1, 9)], [0, []])
  isStored()
  await turn()
  t.match(chronicle.read(1, 9), [{ place: 1 }])
})

t.test('the next daemon goes on with the name, the places and the numbers of each service', async t => {
  const records: StoredRecord[] = []
  const store = {
    async write(changes: readonly Change[]) {
      for (const change of changes) {
        if (!('fields' in change) || change.fields === null) continue
        const { kind, service, fields } = change
        records.push({ kind, service, number: records.length + 1, fields: JSON.parse(JSON.stringify(fields)) })
      }
    },
  }
  const first = createChronicle({ now: () => 5, store, records: [] })
  for (const one of [event(1), event(1, 'db'), event(1, ''), event(2)]) first.append(one)
  await turn()
  const second = createChronicle({ now: () => 6, store, records: records.toReversed() })
  t.equal(second.name, first.name)
  t.same(
    second.read(1, 9).map(({ place, event }) => [place, event.service, event.number]),
    [
      [1, 'web', 1],
      [2, 'db', 1],
      [4, 'web', 2],
    ],
    'what belongs to no service is told, and not kept',
  )
  second.append(event(1))
  second.append({ kind: 'events_lost', service: 'web', number: 3, atMs: 0, from: 2, to: 3 })
  await turn()
  t.match(second.read(5, 9), [{ event: { number: 3 } }, { event: { number: 5, from: 4, to: 5 } }])
})

t.test('secrets of a command do not reach the store, nor more than its beginning', async t => {
  const written: Change[] = []
  const store = { write: async (changes: readonly Change[]) => void written.push(...changes) }
  const chronicle = createChronicle({ now: () => 0, store, records: [] })
  const child = {
    ...{ name: 'kid', pid: 5, startTicks: 1, parentPid: 4, startedAt: 0, ttlMs: null, depth: 1, cpuPercent: null },
    ...{ rssBytes: null, lastExit: null, user: null, kind: 'spawned' as const },
    command: `agent --token=hunter2 ${'x'.repeat(9999)}`,
  }
  chronicle.append({ kind: 'child_recorded', service: 'web', number: 1, atMs: 0, child, ticket: null, late: false })
  const text = JSON.stringify(written)
  t.notMatch(text, 'hunter2')
  t.ok(text.length < 1000)
})
