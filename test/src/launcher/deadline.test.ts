import t from 'tap'
import { startDeadline } from '../../../src/launcher/deadline.js'

t.test('a deadline of 0 is over at once', async t => {
  const deadline = startDeadline(0)
  t.ok(deadline.isOver())
  await deadline.passed
})

t.test('a deadline passes when its time is over', async t => {
  const startMs = performance.now()
  const deadline = startDeadline(30)
  t.notOk(deadline.isOver())
  await deadline.passed
  t.ok(deadline.isOver())
  t.ok(performance.now() - startMs >= 29)
})

t.test('a deadline comes nearer and never moves away', async t => {
  const deadline = startDeadline(600_000)
  deadline.hasten(10)
  deadline.hasten(600_000)
  await deadline.passed
  t.ok(deadline.isOver())
})

t.test('a wait longer than a timer can hold does not end at once', async t => {
  for (const waitMs of [2 ** 31, 2 ** 53, Number.POSITIVE_INFINITY]) {
    const deadline = startDeadline(waitMs)
    await new Promise(settle => setTimeout(settle, 5))
    t.notOk(deadline.isOver())
    deadline.cancel()
    await deadline.passed
  }
})
