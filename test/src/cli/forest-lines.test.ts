import t from 'tap'
import type { Limits } from '../../../protocol/limits.js'
import type { ProcessReport, ServiceReport } from '../../../protocol/wire/answers.js'
import { forestLines } from '../../../src/cli/forest-lines.js'

const limits: Limits = {
  depth: 3,
  children: 10,
  descendants: 50,
  totalMemory: 512 * 2 ** 20,
  terminationPolicy: 'cascade',
  rate: { limit: 10, windowMs: 1000 },
  serviceRate: null,
  lifetime: null,
  memoryAction: 'deny',
  ttlMaxMs: null,
  graceMs: 5000,
  tasks: 512,
  countPeripherals: false,
  strict: false,
  keepExited: 100,
  ticketTtlMs: 10_000,
  counting: 'live',
}
const service: ServiceReport = {
  name: 'web',
  limits,
  liveDescendants: 2,
  totalDescendants: 5,
  reservations: 0,
  memoryUsed: 3 * 2 ** 20,
  memorySource: 'rss',
  linesLost: 0,
  rateUsed: 3,
  processes: 3,
  state: 'running',
  phase: { kind: 'running' },
  restarts: 0,
  over: [],
}
const root: ProcessReport = {
  service: 'web',
  name: 'web',
  pid: 100,
  startTicks: 1,
  kind: 'root',
  parentPid: 1,
  depth: 0,
  command: 'node web.js',
  state: 'running',
  cpuPercent: 12.4,
  rssBytes: 2 ** 20,
  startedAt: 1000,
  ttlMs: null,
}
const child: ProcessReport = {
  ...root,
  kind: 'spawned',
  name: 'a',
  pid: 101,
  parentPid: 100,
  depth: 1,
  cpuPercent: null,
  ttlMs: 5000,
}
const grandchild: ProcessReport = { ...child, name: 'b', pid: 102, parentPid: 101, depth: 2, state: 'ending' }

t.test('quotas stand beside each service, its processes below it, indented', async t => {
  const view = { atMs: 3000, services: [service], processes: [root, child, { ...grandchild, rssBytes: null }] }
  t.strictSame(forestLines(view, { commands: true }), [
    'web  running  descendants 2/50  children 10  depth 3  memory 3M/512M (rss)  rate 10/1s  cascade',
    '  NAME   PID  STATE    MEMORY  CPU  AGE  TTL      COMMAND',
    '  web    100  running  1M      12%  2s   -        node web.js',
    '    a    101  running  1M      -    2s   3s left  node web.js',
    '      b  102  ending   -       -    2s   3s left  node web.js',
  ])
  t.notMatch(forestLines(view, { commands: false }).join('\n'), /node web\.js/)
})

t.test('one whose parent has gone stands at the top, whatever its depth', async t => {
  const lines = forestLines({ atMs: 3000, services: [service], processes: [grandchild] }, { commands: false })
  t.match(lines[2], /^ {2}b /)
})

t.test('what a child calls itself cannot move a cursor', async t => {
  const processes = [{ ...root, command: 'evil\u001b[2J\u202e' }]
  const lines = forestLines({ atMs: 3000, services: [service], processes }, { commands: true })
  t.match(lines[2], 'evil\\x1b[2J\\u202e')
})

t.test('a service without limits or processes has one line, and nothing at all has a sentence', async t => {
  const bare = { ...service, limits: { ...limits, totalMemory: null, rate: null }, state: 'ended' as const }
  const lines = forestLines({ atMs: 0, services: [bare], processes: [] }, { commands: true })
  t.match(lines, [/web {2}ended .*memory 3M\/none \(rss\) {2}rate none/])
  t.equal(lines.length, 1)
  t.strictSame(forestLines({ atMs: 0, services: [], processes: [] }, { commands: true }), ['no services'])
})
