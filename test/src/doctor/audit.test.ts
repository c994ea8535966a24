import t from 'tap'
import { judge, YOUNG_MS } from '../../../src/doctor/audit.js'
import { agreeing, service, shown, tableOf, there } from './look.js'

const rows = [there(1, 0), there(100, 1), there(200, 100), there(300, 200)]

t.test('nothing is said of trees, counters and processes that agree, nor of strangers', async t => {
  t.same(judge(agreeing()), [])
})

t.test('a process that is shown and does not live is named', async t => {
  const table = tableOf(...rows.filter(({ pid }) => pid !== 300))
  t.match(judge(agreeing({ table })), [
    { kind: 'not_living', service: 'web', pid: 300, says: /pid 300.*no such process/ },
  ])
})

t.test('a pid that another process has by now does not live', async t => {
  const table = tableOf(...rows.slice(0, 3), there(300, 1, { startTicks: 7 }))
  t.match(judge(agreeing({ table })), [{ kind: 'not_living', pid: 300, says: /started at tick 7, not 3000/ }])
  const unknown = [shown(200, 'root'), shown(300, 'spawned', { startTicks: null })]
  t.same(judge(agreeing({ table, processes: unknown })), [], 'without start ticks the pid is all there is')
})

t.test('a process below a keeper that is not shown is named, however deep, once it is a second old', async t => {
  const hidden = (ageMs: number) => tableOf(...rows, there(500, 300), there(600, 500, { ageMs }))
  const processes = [...agreeing().processes, shown(500, 'peripheral')]
  t.match(judge(agreeing({ processes, table: hidden(YOUNG_MS) })), [{ kind: 'not_shown', service: 'web', pid: 600 }])
  t.same(judge(agreeing({ processes, table: hidden(YOUNG_MS - 1) })), [])
})

t.test('a keeper whose pid has gone to another process has nothing below it', async t => {
  const keepers = [{ service: 'web', pid: 100, startTicks: 999 }]
  t.same(judge(agreeing({ keepers, table: tableOf(...rows, there(500, 300)) })), [])
})

t.test('a process shown in another service than its keeper is named', async t => {
  const processes = [shown(200, 'root'), shown(300, 'spawned'), shown(500, 'peripheral', { service: 'other' })]
  t.match(judge(agreeing({ processes, table: tableOf(...rows, there(500, 200)) })), [
    { kind: 'wrong_service', service: 'web', pid: 500, says: /shown in other/ },
  ])
})

t.test('a counter is compared with what its limits say that it counts', async t => {
  const processes = [...agreeing().processes, shown(500, 'peripheral')]
  const table = tableOf(...rows, there(500, 200))
  const judged = (live: number, limits = {}) => judge(agreeing({ services: [service(live, limits)], processes, table }))
  t.same(judged(1), [])
  t.match(judged(2), [{ kind: 'miscounted', service: 'web', pid: null, says: /liveDescendants is 2, and 1 spawned/ }])
  t.same(judged(2, { countPeripherals: true }), [])
  t.match(judged(1, { countPeripherals: true }), [{ kind: 'miscounted', says: /is 1, and 2 spawned and peripheral/ }])
  t.same(judged(9, { counting: 'tracked' }), [], 'records ever cannot be recounted')
})
