import t from 'tap'
import { type Order, type Row, rowsOf } from '../../../src/top/rows.js'
import { SORTS } from '../../../src/top/sort.js'
import { forestOf, processReport, SEEN_MS, serviceReport } from '../../support/forest.js'

const web = processReport('web', 10, { kind: 'root', name: 'web', depth: 0, cpuPercent: 5 })
const worker = processReport('web', 11, { parentPid: 10, name: 'worker', cpuPercent: 50, rssBytes: 5, ttlMs: 60_000 })
const kid = processReport('web', 12, {
  parentPid: 11,
  name: 'kid',
  cpuPercent: null,
  rssBytes: null,
  startedAt: SEEN_MS,
})
const other = processReport('web', 13, { parentPid: 10, name: 'other', rssBytes: 9, ttlMs: 20_000, state: 'ending' })
const db = processReport('db', 20, { kind: 'root', name: 'db', command: 'db --token hunter2' })
const forest = forestOf([serviceReport('db'), serviceReport('web')], [db, web, worker, kid, other])

const ORDER: Order = { sort: 'tree', isReversed: false, filter: '', folded: new Set() }
const shown = (change: Partial<Order>) => rowsOf(forest, { ...ORDER, ...change }).map(nameOf)
const nameOf = (row: Row) => (row.kind === 'service' ? `[${row.service.name}]` : row.process.name)

t.test('services stand in their order, each with its tree below', async t => {
  const rows = rowsOf(forest, ORDER)
  t.same(rows.map(nameOf), ['[db]', 'db', '[web]', 'web', 'worker', 'kid', 'other'])
  t.same(
    rows.map(row => (row.kind === 'process' ? [row.level, row.below] : row.mostChildren)),
    [0, [0, 0], 2, [0, 3], [1, 1], [2, 0], [1, 0]],
  )
})

t.test('each order puts first what is asked for, and pids decide the rest', async t => {
  const first = Object.fromEntries(SORTS.map(sort => [sort, shown({ sort }).slice(3)]))
  t.same(first.cpu, ['worker', 'web', 'other', 'kid'])
  t.same(first.memory, ['web', 'other', 'worker', 'kid'])
  t.same(first.age, ['web', 'worker', 'other', 'kid'])
  t.same(first.ttl, ['other', 'worker', 'web', 'kid'])
  t.same(first.name, ['kid', 'other', 'web', 'worker'])
  t.same(first.state, ['other', 'web', 'worker', 'kid'])
  t.same(shown({ sort: 'name', isReversed: true }).slice(3), ['worker', 'web', 'other', 'kid'])
})

t.test('a filter keeps what fits and the trunk above it, and leaves out services without any', async t => {
  t.same(shown({ filter: 'KID' }), ['[web]', 'web', 'worker', 'kid'])
  const rows = rowsOf(forest, { ...ORDER, filter: 'kid' })
  t.same(
    rows.map(row => row.kind === 'service' || row.fits),
    [true, false, false, true],
  )
  t.same(shown({ filter: 'kid', sort: 'cpu' }), ['[web]', 'kid'])
  t.same(shown({ filter: '13' }), ['[web]', 'web', 'other'])
  t.same(shown({ filter: 'ending' }), ['[web]', 'web', 'other'])
  t.same(shown({ filter: 'db' }), ['[db]', 'db'])
  t.same(shown({ filter: 'nothing' }), [])
})

t.test('a filter does not find secrets', async t => {
  t.same(shown({ filter: '--token' }), ['[db]', 'db'])
  t.same(shown({ filter: 'hunter' }), [])
})

t.test('what is folded hides what is below it, and no more', async t => {
  const folded = (...keys: string[]) => shown({ folded: new Set(keys) })
  t.same(folded('service web'), ['[db]', 'db', '[web]'])
  t.same(folded('process 11 11'), ['[db]', 'db', '[web]', 'web', 'worker', 'other'])
  t.same(folded('process 11 99'), shown({}), 'another process with that pid is not folded')
  t.same(folded('process 13 13'), shown({}), 'nothing hangs below it')
})

t.test('a process whose parent is gone is a top of its own', async t => {
  const rows = rowsOf(forestOf([serviceReport('web')], [kid, worker]), ORDER)
  t.same(
    rows.map(row => (row.kind === 'process' ? row.level : null)),
    [null, 0, 0],
  )
})
