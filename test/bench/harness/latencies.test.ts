import t from 'tap'
import { latenciesOf, latencyOf } from '../../../bench/harness/latencies.js'

t.test('calls follow one another until they are over', async t => {
  let calls = 0
  let atOnce = 0
  const call = async () => {
    calls++
    t.equal(++atOnce, 1)
    await Promise.resolve()
    atOnce--
  }
  const latencies = await latenciesOf(call, 0, () => calls === 5)
  t.equal(latencies.length, 5)
})

t.test('a share of the calls is no slower', async t => {
  const latencies = Array.from({ length: 101 }, (_, at) => 100 - at)
  t.equal(latencyOf(latencies, 0.99), 99)
  t.equal(latencyOf(latencies, 1), 100)
})
