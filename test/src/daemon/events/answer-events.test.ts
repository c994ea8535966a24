import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { EspalierEvent } from '../../../../protocol/events.js'
import type { Answer } from '../../../../protocol/wire/answers.js'
import { ENTRIES_PER_ANSWER } from '../../../../protocol/wire/chronicle.js'
import { type EventsRequest, WIRE_VERSION } from '../../../../protocol/wire/requests.js'
import { answerEvents } from '../../../../src/daemon/events/answer-events.js'
import { createChronicle, ENTRIES_KEPT } from '../../../../src/daemon/events/chronicle.js'

const event = (number: number): EspalierEvent => ({
  kind: 'service_unregistered',
  service: 'web',
  number,
  atMs: number,
})
const request = (more: Partial<EventsRequest>): EventsRequest => ({
  ...{ v: WIRE_VERSION, kind: 'events', after: null, since: null, follow: false },
  ...more,
})
const never = new AbortController().signal

async function chronicleOf(count: number) {
  const chronicle = createChronicle({ now: () => 7, store: { write: () => Promise.resolve() }, records: [] })
  for (let number = 1; number <= count; number++) chronicle.append(event(number))
  await turn()
  return chronicle
}

async function all(answers: AsyncGenerator<Answer>): Promise<Answer[]> {
  const list: Answer[] = []
  for await (const answer of answers) list.push(answer)
  return list
}

function placesOf(answers: readonly Answer[]): number[] {
  return answers.flatMap(answer => (answer.kind === 'events' ? answer.entries.map(({ place }) => place) : []))
}

t.test('all that is kept is told in parts, and where it ends', async t => {
  const chronicle = await chronicleOf(ENTRIES_PER_ANSWER + 2)
  const told = await all(answerEvents(chronicle, request({}), never))
  t.match(told[0], { kind: 'events_begin', chronicle: chronicle.name, behind: 0, missed: 0 })
  t.equal(told.length, 4)
  t.equal(placesOf(told).length, ENTRIES_PER_ANSWER + 2)
  t.match(told.at(-1), { kind: 'events_end', last: ENTRIES_PER_ANSWER + 2 })
})

t.test('a cursor begins behind its place; one of another chronicle at the oldest', async t => {
  const chronicle = await chronicleOf(5)
  t.same(placesOf(await all(answerEvents(chronicle, request({ after: `@${chronicle.name}-3` }), never))), [4, 5])
  t.same(placesOf(await all(answerEvents(chronicle, request({ after: '@aaaaaaaa-3' }), never))), [1, 2, 3, 4, 5])
  t.same(placesOf(await all(answerEvents(chronicle, request({ since: 8 }), never))), [])
})

t.test('what is kept no more behind a cursor is counted', async t => {
  const chronicle = await chronicleOf(2 * ENTRIES_KEPT + 10)
  const answers = answerEvents(chronicle, request({ after: `@${chronicle.name}-4` }), never)
  t.match((await answers.next()).value, { kind: 'events_begin', behind: ENTRIES_KEPT + 10, missed: ENTRIES_KEPT + 6 })
  await answers.return(undefined)
})

t.test('a follower hears what comes, until the chronicle is closed', async t => {
  const chronicle = await chronicleOf(3)
  const answers = answerEvents(chronicle, request({ follow: true }), never)
  t.match((await answers.next()).value, { behind: 3, missed: 0 })
  const next = answers.next()
  chronicle.append(event(4))
  t.match((await next).value, { kind: 'events', entries: [{ place: 4 }] })
  chronicle.append(event(5))
  await turn()
  chronicle.close()
  t.match((await answers.next()).value, { entries: [{ place: 5 }] }, 'what it had not heard comes before the end')
  t.match((await answers.next()).value, { kind: 'events_end', last: 5 })
})

t.test('a follower that hangs up is let go', async t => {
  const hangUp = new AbortController()
  const answers = answerEvents(await chronicleOf(0), request({ follow: true }), hangUp.signal)
  await answers.next()
  const next = answers.next()
  hangUp.abort()
  t.match((await next).value, { kind: 'events_end' })
})
