import t from 'tap'
import type { ChronicleEntry } from '../../../protocol/wire/chronicle.js'
import { ratesUsed } from '../../../src/daemon/rates-used.js'

/** A grant that was heard so many ms ago. */
function granted(service: string, parentPid: number, agoMs: number): ChronicleEntry {
  const fields = { service, number: 1, atMs: 0, parentPid, childName: 'a', depth: 1, ticket: 1, expiresAtMs: 0 }
  return { place: 1, at: 10_000 - agoMs, event: { kind: 'spawn_granted', ...fields } }
}

t.test(
  'the grants in the window of the parent that has most are counted, of each service by its own window',
  async t => {
    const latestFirst = [
      granted('web', 7, 0),
      granted('jobs', 9, 10),
      granted('web', 8, 20),
      granted('web', 7, 999),
      granted('web', 7, 1000),
      granted('jobs', 9, 1500),
      granted('free', 3, 1600),
      granted('jobs', 9, 2000),
    ]
    const used = ratesUsed(
      latestFirst,
      new Map([
        ['web', 1000],
        ['jobs', 2000],
        ['free', 0],
      ]),
      10_000,
    )
    t.same([...used].toSorted(), [
      ['jobs', 2],
      ['web', 2],
    ])
  },
)

t.test('no more is read than the longest window needs', async t => {
  let read = 0
  const endless = (function* () {
    for (let agoMs = 0; ; agoMs += 100) {
      read += 1
      yield granted('web', 7, agoMs)
    }
  })()
  t.equal(ratesUsed(endless, new Map([['web', 1000]]), 10_000).get('web'), 10)
  t.equal(read, 11)
})
