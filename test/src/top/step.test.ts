import t from 'tap'
import { intentionOf } from '../../../src/top/intentions.js'
import { firstState, lost, seen } from '../../../src/top/looks.js'
import { helpPane } from '../../../src/top/panes.js'
import type { State } from '../../../src/top/state.js'
import { step, type Wish } from '../../../src/top/step.js'
import { forestOf, processReport, serviceReport } from '../../support/forest.js'

const web = processReport('web', 10, { kind: 'root', name: 'web' })
const worker = processReport('web', 11, { parentPid: 10, name: 'worker' })
const kid = processReport('web', 12, { parentPid: 11, name: 'kid' })
const forest = forestOf([serviceReport('web', { processes: 3 })], [web, worker, kid])
const ORDER = { sort: 'tree', isReversed: false, filter: '', folded: new Set<string>() } as const
const start = firstState(forest, { columns: 80, rows: 24 }, ORDER)

/** The state after these keys, and the last wish. */
function press(keys: readonly string[], from: State = start): { readonly state: State; readonly wish: Wish | null } {
  let state = from
  let wish: Wish | null = null
  for (const key of keys) {
    const intention = intentionOf(key, state.mode.kind)
    if (intention !== null) ({ state, wish } = step(state, intention))
  }
  return { state, wish }
}
const names = ({ rows }: State) => rows.map(row => (row.kind === 'service' ? row.service.name : row.process.name))
const under = ({ rows, cursor }: State) => rows[cursor]?.key

t.test('the cursor moves over all rows and stays within them', async t => {
  t.equal(press(['down', 'j']).state.cursor, 2)
  t.equal(press(['down', 'up', 'k', 'up']).state.cursor, 0)
  t.equal(press(['G']).state.cursor, 3)
  t.equal(press(['page down', 'page down', 'down']).state.cursor, 3)
  t.equal(press(['G', 'home']).state.cursor, 0)
})

t.test('the cursor stays on its process when others come and go', async t => {
  const { state } = press(['G'])
  const young = processReport('web', 9, { name: 'young', parentPid: 10 })
  const next = seen(state, forestOf(forest.services, [web, young, worker, kid]))
  t.equal(under(next), 'process 12 12')
  const after = seen(next, forestOf(forest.services, [web]))
  t.equal(under(after), 'process 10 10', 'and goes to the last row when its own has gone')
  t.equal(seen(after, forestOf([], [])).cursor, 0)
})

t.test('left folds, and then leads to what it hangs below', async t => {
  const once = press(['down', 'down', 'left']).state
  t.same(names(once), ['web', 'web', 'worker'])
  t.equal(under(press(['left'], once).state), 'process 10 10')
  t.same(names(press(['right'], once).state), ['web', 'web', 'worker', 'kid'])
  t.same(names(press(['f']).state), ['web'])
  t.same(names(press(['f', 'f']).state), ['web', 'web', 'worker', 'kid'])
  t.same(names(press([' ']).state), ['web'])
})

t.test('a filter is typed, kept with enter, given up with escape', async t => {
  const typed = press(['/', 'k', 'i', 'z', 'backspace']).state
  t.same(names(typed), ['web', 'web', 'worker', 'kid'])
  t.equal(typed.order.filter, 'ki')
  t.equal(press(['enter'], typed).state.mode.kind, 'list')
  t.equal(press(['enter', '/', 'x', 'escape'], typed).state.order.filter, 'ki')
  t.equal(press(['enter', 'escape'], typed).state.order.filter, '')
  t.equal(press(['ctrl u'], typed).state.order.filter, '')
  t.ok(press(['/', ...'x'.repeat(500)]).state.order.filter.length <= 64)
})

t.test('s goes through the orders and comes back to the tree', async t => {
  t.equal(press(['s']).state.order.sort, 'cpu')
  t.equal(press(Array(7).fill('s')).state.order.sort, 'tree')
  t.same(names(press(['s', 'r']).state), ['web', 'kid', 'worker', 'web'])
})

t.test('an end is asked about first, and any key but y ends nothing', async t => {
  const asked = press(['down', 'down', 'X'])
  const ending = { pid: 11, startTicks: 11, below: 1, tree: true }
  t.match(asked, { wish: null, state: { mode: { kind: 'ask', ending } } })
  t.match(press(['y'], asked.state), { wish: { kind: 'end', ending }, state: { mode: { kind: 'list' } } })
  for (const key of ['n', 'enter', 'q', 'escape']) {
    t.match(press([key], asked.state), { wish: null, state: { mode: { kind: 'list' }, message: 'nothing was ended' } })
  }
  t.match(press(['x', 'y']), { wish: { kind: 'end', ending: { kind: 'service', service: 'web' } } })
  t.match(press(['down', 'x', 'y']), { wish: { ending: { tree: false, pid: 10 } } })
})

t.test('a process that takes the pid meanwhile is not the one that was asked about', async t => {
  const { state } = press(['G', 'x'])
  const later = seen(state, forestOf(forest.services, [web, worker, { ...kid, startTicks: 99 }]))
  t.match(press(['y'], later), { wish: { ending: { pid: 12, startTicks: 12 } } })
})

t.test('w asks about the row, and nothing where there is none', async t => {
  t.match(press(['G', 'w']), { wish: { kind: 'why', row: { key: 'process 12 12' } } })
  const empty = seen(start, forestOf([], []))
  t.match(press(['w'], empty), { wish: null, state: { message: /nothing/ } })
  t.match(press(['left', 'right', ' ', 'f', 's', 'X', 'G'], empty), { wish: null })
})

t.test('the help is a pane that scrolls within its text and is left with q', async t => {
  const small = { ...start, size: { columns: 40, rows: 10 } }
  const help = press(['?'], small).state
  t.match(help.mode, { kind: 'pane', pane: { title: 'keys', from: 0 } })
  const end = press(['G', 'down'], help).state
  t.match(end.mode, { pane: { from: helpPane().lines.length - 8 } })
  t.equal(press(['q'], end).state.mode.kind, 'list')
})

t.test('a daemon that goes away leaves the last picture, and another one says so', async t => {
  const gone = lost(lost(start, 'hung\u001b[2J up', 5000), 'no daemon', 9000)
  t.match(gone.lost, { sinceMs: 5000, message: 'no daemon' })
  t.notMatch(lost(start, 'hung\u001b[2J up', 5000).lost?.message, '\u001b')
  t.same(names(gone), names(start))
  const back = seen(gone, { ...forest, daemonPid: 8 })
  t.match(back, { lost: null, message: /another daemon answers: pid 8/ })
  t.equal(seen(gone, forest).message, '')
})
