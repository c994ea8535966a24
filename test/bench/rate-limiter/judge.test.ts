import t from 'tap'
import { type Ask, judge, longestSilence, waitOf, worstWindow } from '../../../bench/rate-limiter/judge.js'

const ask = (atMs: number, admittedMs: number, waitMs = 0): Ask => ({ atMs, admittedMs, waitMs })

t.test('the worst window is the one with most, wherever it begins, and does not hold its end', async t => {
  t.equal(worstWindow([], 1000), 0)
  t.equal(worstWindow([0, 1000, 2000], 1000), 1)
  t.equal(worstWindow([0, 999, 1000], 1000), 2)
  t.equal(worstWindow([0, 700, 800, 900, 1500, 1600, 1800], 1000), 5)
})

t.test('a worst window is what counting each window anew gives', async t => {
  const times = [0, 3, 3, 90, 400, 1001, 1002, 1002, 1003, 1400, 1999, 2000, 2003]
  const counted = times.map(from => times.filter(at => at >= from && at < from + 1000).length)
  t.equal(worstWindow(times, 1000), Math.max(...counted))
})

t.test('one more is right when the limit-th last has left the window', async t => {
  t.equal(waitOf([0], 5, 2, 1000), 0)
  t.equal(waitOf([0, 100], 500, 2, 1000), 500)
  t.equal(waitOf([0, 100], 1000, 2, 1000), 0)
  t.equal(waitOf([0, 100, 200], 500, 2, 1000), 600)
})

t.test('a refusal is wrong when an admission would have been right', async t => {
  const asks = [ask(0, 0), ask(0, Number.NaN, 50), ask(10, 10), ask(20, Number.NaN, 980), ask(30, Number.NaN, 960)]
  t.same(judge(asks, 2, 1000), {
    asked: 5,
    admitted: 2,
    worstWindow: 2,
    falselyRefused: 1,
    waitErrorMs: 50,
    needlessMs: 0,
  })
  t.equal(judge([ask(0, Number.NaN, Number.POSITIVE_INFINITY)], 2, 1000).waitErrorMs, null)
})

t.test('a queue waits needlessly as long as it starts later than was right', async t => {
  const asks = [ask(0, 0), ask(0, 0), ask(0, 1000), ask(0, 1030), ask(2500, Number.NaN)]
  t.match(judge(asks, 2, 1000), { admitted: 4, worstWindow: 2, needlessMs: 30, falselyRefused: 0 })
})

t.test('silence is the longest time without an admission, up to the end', async t => {
  t.equal(longestSilence([0, 100, 400, 450], 50, 1000), 550)
  t.equal(longestSilence([], 200, 1000), 800)
})
