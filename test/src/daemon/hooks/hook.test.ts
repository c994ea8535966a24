import t from 'tap'
import type { EspalierEvent } from '../../../../protocol/events.js'
import { Hook, type Occasion } from '../../../../src/daemon/hooks/hook.js'

const event = (number: number): EspalierEvent => ({ kind: 'service_unregistered', service: 'web', number, atMs: 0 })

t.test('one run at a time; what happens meanwhile is one occasion for the next', async t => {
  const runs: Occasion[] = []
  const ends: (() => void)[] = []
  const hook = new Hook(occasion => {
    runs.push(occasion)
    return new Promise(settle => ends.push(settle))
  })
  t.equal(hook.isBusy, false)
  hook.hear(event(1))
  await Promise.resolve()
  t.equal(runs.length, 1)
  for (const number of [2, 3, 4]) hook.hear(event(number))
  await Promise.resolve()
  t.equal(runs.length, 1, 'the first still runs')
  ends[0]()
  while (runs.length < 2) await Promise.resolve()
  t.match(runs, [
    { count: 1, first: { number: 1 }, last: { number: 1 } },
    { count: 3, first: { number: 2 }, last: { number: 4 } },
  ])
  ends[1]()
  await hook.idle()
  t.equal(hook.isBusy, false)
  hook.hear(event(5))
  await Promise.resolve()
  t.match(runs[2], { count: 1, first: { number: 5 } })
  ends[2]()
})

t.test('what is heard in one turn is one occasion', async t => {
  const runs: Occasion[] = []
  const hook = new Hook(async occasion => void runs.push(occasion))
  for (const number of [1, 2]) hook.hear(event(number))
  await hook.idle()
  t.match(runs, [{ count: 2 }])
  await hook.idle()
})
