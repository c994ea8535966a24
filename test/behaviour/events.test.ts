import t from 'tap'
import type { EspalierEvent } from '../../protocol/events.js'
import { grant, refusal, register, spawnChain, spawnChild } from '../support/acts.js'
import { listen } from '../support/listen.js'
import { everywhere } from '../support/world.js'

/** More than a reader's queue holds (65,536). */
const FLOOD = 66_500

everywhere(t, 'what happens to a service is told in order, numbered without gaps', async (t, { supervisor, clock }) => {
  const heard = listen(supervisor)
  await supervisor.registerService('svc', { ticketTtlMs: 5000, terminationPolicy: 'reparent' })
  await supervisor.registerServicePid('svc', 100, { startTicks: 9 })
  await clock.advance(10)
  await spawnChain(supervisor, 100, 101, 102)
  await supervisor.releaseTicket((await grant(supervisor, 100)).ticket)
  await supervisor.recordSpawnExit(101, { exitCode: 0 })
  await supervisor.removeChild(102)
  await grant(supervisor, 100)
  await clock.advance(5000)
  await supervisor.unregisterServicePid(100)
  await supervisor.unregisterService('svc')
  await heard.first('service_unregistered')
  t.same(
    heard.heard.map(event => event.kind),
    [
      'service_registered',
      'root_registered',
      'spawn_granted',
      'child_recorded',
      'spawn_granted',
      'child_recorded',
      'spawn_granted',
      'ticket_released',
      'child_exited',
      'child_moved',
      'child_removed',
      'spawn_granted',
      'ticket_expired',
      'root_exited',
      'service_unregistered',
    ],
  )
  t.same(
    heard.heard.map(event => event.number),
    heard.heard.map((_, at) => at + 1),
  )
  t.ok(heard.heard.every(event => event.service === 'svc'))
  const times = heard.heard.map(event => event.atMs)
  t.same(
    times,
    [...times].sort((a, b) => a - b),
  )
  t.equal(times[2], 10)
  t.match(heard.heard[0], { replaced: false, limits: { ticketTtlMs: 5000, children: 100 } })
  t.match(heard.heard[1], { pid: 100, startTicks: 9 })
  t.match(heard.heard[2], { parentPid: 100, childName: 'child-of-100', depth: 1, expiresAtMs: 5010 })
  t.match(heard.heard[3], { child: { pid: 101 }, late: false })
  t.match(heard.heard[9], { pid: 102, fromPid: 101, toPid: 100 })
  t.match(heard.heard[13], { pid: 100, exit: { exitCode: null } })
})

everywhere(t, 'a refusal is told with its figures', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 0 }, 100)
  const heard = listen(supervisor)
  const answer = await refusal(supervisor, 100)
  const event = await heard.first('spawn_refused')
  t.strictSame(event.refusal, answer)
  t.match(event, { parentPid: 100, childName: 'refused', service: 'svc' })
})

everywhere(t, 'a subscription starts at its call, and each has a queue of its own', async (t, { supervisor }) => {
  const first = listen(supervisor)
  await register(supervisor, 'svc', {}, 100)
  const second = listen(supervisor)
  await spawnChild(supervisor, 100, 101)
  const { number } = await second.first('child_recorded')
  t.equal(number, 4, 'numbers go on, whoever listens')
  t.same(
    second.heard.map(event => event.kind),
    ['spawn_granted', 'child_recorded'],
  )
  await first.first('child_recorded')
  t.same(first.heard.slice(2), second.heard)
})

everywhere(t, 'since goes on after the last number seen', async (t, { supervisor }) => {
  const first = listen(supervisor)
  await register(supervisor, 'svc', {}, 100)
  await spawnChild(supervisor, 100, 101)
  await first.first('child_recorded')
  const second = listen(supervisor, { svc: 2 })
  await spawnChild(supervisor, 100, 102)
  await second.first('child_recorded', event => event.child.pid === 102)
  await first.first('child_recorded', event => event.child.pid === 102)
  const known = second.heard.filter(event => event.kind !== 'events_lost')
  t.same(
    known,
    first.heard.filter(event => known.some(other => other.number === event.number)),
  )
  t.same(covered(second.heard), [3, 4, 5, 6], 'each number is told, or told to be lost')
})

everywhere(t, 'a reader that fell behind is told what it missed', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 0, rate: 'none' }, 100)
  const events = supervisor.events()
  const first = events.next()
  for (let sent = 0; sent < FLOOD; sent += 500)
    await Promise.all(Array.from({ length: 500 }, () => supervisor.authorizeSpawn(100, 'refused')))
  const heard: EspalierEvent[] = []
  const last = FLOOD + 2
  for (let step = await first; step.done !== true; step = await events.next()) {
    heard.push(step.value)
    if (step.value.number >= last) break
  }
  await events.return?.()
  t.ok(
    heard.some(event => event.kind === 'events_lost'),
    'events were lost',
  )
  const numbers = covered(heard)
  t.equal(numbers.length, FLOOD)
  t.equal(numbers[0], 3)
  t.equal(numbers.at(-1), last)
})

everywhere(t, 'a reader that had not begun to read is told what it missed', async (t, { supervisor }) => {
  await register(supervisor, 'svc', { children: 0, rate: 'none' }, 100)
  const events = supervisor.events()
  for (let sent = 0; sent < FLOOD; sent += 500)
    await Promise.all(Array.from({ length: 500 }, () => supervisor.authorizeSpawn(100, 'refused')))
  const { value: first } = await events.next()
  const { value: second } = await events.next()
  t.match(first, { kind: 'events_lost', service: 'svc', from: 3 })
  t.equal(second.number, first.to + 1)
  await events.return?.()
})

everywhere(t, 'a subscription ends with its signal, or with close', async (t, { supervisor }) => {
  const one = listen(supervisor)
  const other = listen(supervisor)
  one.stop()
  await one.ended
  await register(supervisor, 'svc', {}, 100)
  t.same(one.heard, [])
  await supervisor.close()
  await other.ended
  t.match(other.heard, [{ kind: 'service_registered' }, { kind: 'root_registered' }])
})

/** Numbers told or told to be lost, in the order heard; throws at a gap or a repetition. */
function covered(events: readonly EspalierEvent[]): number[] {
  const numbers: number[] = []
  for (const event of events) {
    const from = event.kind === 'events_lost' ? event.from : event.number
    const to = event.kind === 'events_lost' ? event.to : event.number
    const before = numbers.at(-1) ?? from - 1
    if (from !== before + 1) throw new Error(`number ${from} follows ${before}`)
    for (let number = from; number <= to; number++) numbers.push(number)
  }
  return numbers
}
