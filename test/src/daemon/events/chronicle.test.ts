import t from 'tap'
import type { EspalierEvent } from '../../../../protocol/events.js'
import { createChronicle, ENTRIES_KEPT } from '../../../../src/daemon/events/chronicle.js'

const event = (number: number): EspalierEvent => ({
  kind: 'service_unregistered',
  service: 'web',
  number,
  atMs: number,
})
const never = new AbortController().signal

t.test('entries have their places, and are read from any of them', async t => {
  let nowMs = 1000
  const chronicle = createChronicle(() => nowMs++)
  t.equal(chronicle.last, 0)
  for (const number of [1, 2, 3]) chronicle.append(event(number))
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
  const chronicle = createChronicle(() => 0)
  for (let number = 1; number <= ENTRIES_KEPT + 3; number++) chronicle.append(event(number))
  t.equal(chronicle.first, 4)
  t.match(chronicle.read(1, 1), [{ place: 4, event: { number: 4 } }])
  t.match(chronicle.read(chronicle.last, 9), [{ place: ENTRIES_KEPT + 3 }])
})

t.test('a reader sleeps until there is more, it leaves, or nothing comes any more', async t => {
  const chronicle = createChronicle(() => 0)
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
