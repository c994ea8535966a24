import t from 'tap'
import { widthOf } from '../../../src/terminal/cells.js'
import { type Look, paint } from '../../../src/terminal/paint.js'
import { frame, wholeList } from '../../../src/top/frame.js'
import { firstState, lost, reordered } from '../../../src/top/looks.js'
import { changes } from '../../../src/top/screen.js'
import type { State } from '../../../src/top/state.js'
import { forestOf, processReport, SEEN_MS, serviceReport } from '../../support/forest.js'

const limits = { ...serviceReport('x').limits, children: 2, descendants: 10, totalMemory: 2 ** 30 }
const web = serviceReport('web', { limits, liveDescendants: 8, memoryUsed: 2 ** 28, rateUsed: 3, processes: 4 })
const processes = [
  processReport('web', 10, { kind: 'root', name: 'web', command: 'node web.js --token hunter2', cpuPercent: 12.4 }),
  processReport('web', 11, { parentPid: 10, name: 'worker', ttlMs: 30_000 }),
  processReport('web', 12, { parentPid: 11, name: 'kid', cpuPercent: null, rssBytes: null, state: 'ending' }),
  processReport('web', 13, { parentPid: 10, name: 'fork', kind: 'peripheral', command: 'rm \u001b[2J\u202e漢字🌳\t!' }),
]
const ORDER = { sort: 'tree', isReversed: false, filter: '', folded: new Set<string>() } as const
const LOOKS = ['text', 'attributes', 'colours'] as const
const stateOf = (columns: number, rows: number, forest = forestOf([web], processes)) =>
  firstState(forest, { columns, rows }, ORDER)
const drawn = (state: State, look: Look = 'text') =>
  frame(state, SEEN_MS).lines.map(line => paint(line, state.size.columns, look))

t.test('80x24 shows services with bars and processes with their figures', async t => {
  const lines = drawn(stateOf(80, 24))
  t.equal(lines.length, 24)
  t.equal(lines[0], 'espalier 00:01:40  daemon 7  1 service  4 processes  cpu 12%  memory 3M')
  t.same(lines.slice(1, 8), [
    'NAME                          PID KIND       STATE     CPU  MEMORY    AGE   LEFT',
    '- web  running  4 processes',
    '  children [|||| 1/2] descendants [||||8/10] memory [|256M/1G] rate [|3/10/1s]',
    '  web                          10 root       running   12%      1M    10s      -',
    '    worker                     11 spawned    running    0%      1M    10s    20s',
    '      kid                      12 spawned    ending      -       -    10s      -',
    '    fork                       13 peripheral running    0%      1M    10s      -',
  ])
  t.match(lines[23], /^sort tree {2}s sort .* q quit$/)
})

t.test('200 columns put the quotas beside the name and the commands behind the processes', async t => {
  const lines = drawn(stateOf(200, 50))
  t.equal(lines.length, 50)
  t.match(lines[2], /^- web +running {2}4 processes +children \[\|+ +1\/2\] descendants \[.*8\/10\] memory .* rate/)
  t.match(lines[3], /^ {2}web +10 root .* 10s +- {2}node web\.js --token \*\*\*$/)
})

t.test('a service that does not run says why, at every width', async t => {
  const failed = serviceReport('web', { state: 'failed', phase: { kind: 'failed', count: 5, windowMs: 60_000 } })
  const waiting = serviceReport('api', { state: 'waiting', phase: { kind: 'waiting', for: ['db'.repeat(40)] } })
  for (const columns of [80, 200]) {
    const lines = drawn(stateOf(columns, 24, forestOf([failed, waiting], [])))
    t.match(lines[2], /^- web +failed \(5 restarts in (1m|60s)\) {2}\d+ process/)
    t.match(lines.join('\n'), /\n- api +waiting for (db)+/)
    t.ok(lines.every(line => widthOf(line) <= columns))
  }
})

t.test('no line is wider than its terminal, and there are exactly as many as it has rows', async t => {
  const name = 'n'.repeat(64)
  const many = Array.from({ length: 40 }, (_, index) => processReport('web', 100 + index, { name }))
  const deep = Array.from({ length: 20 }, (_, level) => processReport('web', 200 + level, { parentPid: 199 + level }))
  const forest = forestOf([web], [...processes, ...deep, ...many])
  for (const columns of [1, 2, 10, 20, 40, 79, 80, 129, 130, 200]) {
    for (const rows of [1, 2, 3, 4, 24]) {
      for (const look of LOOKS) {
        const lines = drawn(stateOf(columns, rows, forest), look)
        t.equal(lines.length, rows)
        const widest = Math.max(...lines.map(line => widthOf(withoutStyles(line))))
        t.ok(widest <= columns, `${columns}x${rows} ${look}: ${widest}`)
      }
    }
  }
})

t.test('control bytes and marks of direction of a child never reach the terminal, nor do secrets', async t => {
  for (const look of LOOKS) {
    const text = drawn(stateOf(200, 24), look).join('\n')
    t.notMatch(withoutStyles(text), /[\u0000-\u0009\u000b-\u001f\u202e]/)
    t.notMatch(text, 'hunter2')
  }
  t.match(drawn(stateOf(200, 24))[6], /rm \\x1b\[2J\\u202e漢字🌳 !$/)
})

t.test('without colours there are none, and the cursor is still seen', async t => {
  const state = stateOf(80, 24)
  const plain = drawn(state, 'attributes')
  t.notMatch(plain.join(''), /\u001b\[(?:[0-9;]*;)?[349]\d/)
  t.match(plain[2], /^\u001b\[7m- web/)
  t.equal(widthOf(withoutStyles(plain[2])), 80, 'to the end of its line')
  t.match(drawn(state, 'colours').join(''), /\u001b\[35m/)
})

t.test('the row under the cursor is always on the screen', async t => {
  const many = Array.from({ length: 1000 }, (_, index) => processReport('web', 100 + index))
  let state = stateOf(80, 10, forestOf([web], many))
  for (const cursor of [0, 3, 500, 999, 1000, 400, 1]) {
    state = { ...state, cursor }
    const { lines, from } = frame(state, SEEN_MS)
    state = { ...state, from }
    t.ok(
      lines.some(line => line[0]?.[0] === 'chosen'),
      String(cursor),
    )
  }
})

t.test('bars say by their style how near a limit is', async t => {
  const styleOf = (liveDescendants: number) => {
    const service = serviceReport('web', { limits: { ...limits, children: 9 }, liveDescendants })
    const state = { ...stateOf(80, 24, forestOf([serviceReport('a'), service], [])), cursor: 0 }
    return frame(state, SEEN_MS).lines[5].find(([, text]) => /^\|+$/.test(text))?.[0]
  }
  t.same([1, 8, 10, 12].map(styleOf), ['good', 'near', 'over', 'over'])
})

t.test('a lost daemon is told in the head with the age of the picture', async t => {
  const [head] = drawn(lost(stateOf(200, 24), 'no daemon runs there', SEEN_MS))
  t.match(head, /no answer from daemon 7, trying again; as of .* ago: no daemon runs there/)
})

t.test('nothing to show says why', async t => {
  t.match(drawn(stateOf(80, 24, forestOf([], [])))[2], /^no services/)
  t.match(drawn(reordered(stateOf(80, 24), { filter: 'nobody' }))[2], /nothing has "nobody" in it/)
})

t.test('the whole list has every row, whatever the height', async t => {
  t.equal(wholeList(stateOf(80, 0)).length, 1 + 2 + 4)
})

t.test('only lines that have changed are written', async t => {
  t.match(changes(null, ['a', 'b']), /\u001b\[2J\u001b\[1;1H\u001b\[Ka.*\u001b\[2;1H\u001b\[Kb/)
  t.equal(changes(['a', 'b'], ['a', 'b']), '')
  t.equal(changes(['a', 'b'], ['a', 'c']), '\u001b[2;1H\u001b[Kc\u001b[0m')
  t.match(changes(['a', 'b', 'c'], ['a']), /^\u001b\[2;1H\u001b\[J$/)
})

function withoutStyles(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, '')
}
