import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Refusal } from '../../../protocol/refusals.js'
import { newsLine, showTree } from '../../../src/cli/live-tree.js'
import { createProcessBook } from '../../../src/daemon/book.js'
import type { DaemonContext } from '../../../src/daemon/context.js'
import { createSink } from '../../../src/daemon/output/sink.js'
import { createPeripherals } from '../../../src/daemon/peripherals.js'
import type { ManagedProcess } from '../../../src/daemon/process.js'
import { createFakeCore } from '../../support/daemon-core.js'
import { eventually } from '../../support/processes.js'

const root: ManagedProcess = {
  service: 'web',
  name: 'web',
  pid: 100,
  startTicks: 1,
  parentPid: null,
  depth: 0,
  command: 'c',
  startedAt: 1000,
  ttlMs: null,
  state: 'running',
  cpuPercent: null,
  rssBytes: null,
  exited: new Promise(() => undefined),
}
const child: ManagedProcess = { ...root, name: 'a', pid: 101, parentPid: 100, depth: 1, ttlMs: 5000 }
const refusal: Refusal = {
  ok: false,
  code: 'child_limit',
  message: 'no more',
  limit: 1,
  current: 1,
  decisionId: '0-1',
}

async function contextWith(...processes: readonly ManagedProcess[]): Promise<DaemonContext> {
  const core = createFakeCore()
  await core.registerService('web', { descendants: 7 })
  const book = createProcessBook()
  for (const process of processes) book.add(process)
  const peripherals = createPeripherals(core, book)
  const chronicle = { latestFirst: () => [] }
  const empty = { stopping: new Set<string>(), supervised: new Map() }
  return { core, book, peripherals, chronicle, ...empty } as unknown as DaemonContext
}

t.test('each piece of news is a line', async t => {
  const exit = { exitCode: null, signal: 9, finishedAt: 3000, reason: 'ttl' } as const
  t.equal(newsLine({ kind: 'started', process: root }), '+ web (pid 100)')
  const restarting = { kind: 'restarting', service: 'web', delayMs: 1200, count: 2, limit: 5 } as const
  t.equal(newsLine({ kind: 'up', service: 'web', up: 2, total: 5 }), '* web is up (2 of 5)')
  t.equal(newsLine({ kind: 'up', service: 'web', up: 1, total: 1 }), '* web is up')
  t.equal(newsLine(restarting), '^ web is started again in 1.2s (2 of 5)')
  t.match(
    newsLine({ kind: 'service_failed', service: 'web', count: 5, windowMs: 60_000 }),
    /^x web .*5 restarts in 1m;/,
  )
  t.equal(newsLine({ kind: 'started', process: child }), '+ web:a (pid 101) below 100, depth 1, ttl 5s')
  t.equal(newsLine({ kind: 'exited', process: child, exit }), '- web:a (pid 101) died of SIGKILL (ttl) after 2s')
  t.equal(
    newsLine({ kind: 'exited', process: root, exit: { ...exit, exitCode: 3, signal: null, reason: 'self' } }),
    '- web (pid 100) exited 3 after 2s',
  )
  t.equal(
    newsLine({
      kind: 'refused',
      service: 'web',
      parentPid: 101,
      parentName: 'web:a',
      askerPid: 101,
      childName: 'b',
      refusal,
    }),
    '! web:a may not spawn b: no more, limit 1, now 1',
  )
  t.equal(newsLine({ kind: 'ending', processes: [child], reason: 'cascade' }), '~ ending (cascade): web:a (pid 101)')
  const many = newsLine({ kind: 'ending', processes: Array.from({ length: 20 }, () => child), reason: 'stop' })
  t.match(many, / and 12 more$/)
  t.match(newsLine({ kind: 'moved', process: child, toPid: 5 }), 'hangs below 5')
  t.equal(newsLine({ kind: 'trouble', message: 'm' }), '? m')
  t.equal(newsLine({ kind: 'measured' }), null)
})

t.test('where there is no terminal every change is a plain line with its quota', async t => {
  const stream = new PassThrough()
  const sink = createSink(stream)
  const view = showTree(sink, {})
  view.tell(await contextWith(root, child), { kind: 'started', process: child })
  view.tell(await contextWith(root), { kind: 'measured' })
  view.stop()
  await sink.flush()
  t.equal(String(stream.read()), 'espalier | + web:a (pid 101) below 100, depth 1, ttl 5s  [descendants 1/7]\n')
})

t.test('on a terminal the tree is drawn below the lines, cut to the screen, and erased at the end', async t => {
  const stream = Object.assign(new PassThrough(), { isTTY: true })
  let text = ''
  stream.on('data', chunk => {
    text += String(chunk)
  })
  const sink = createSink(stream)
  const view = showTree(sink, { isTTY: true, rows: 8, columns: 40 })
  const others = Array.from({ length: 9 }, (_, i) => ({ ...child, pid: 200 + i, name: `n${i}` }))
  const context = await contextWith(root, child, ...others)
  view.tell(context, { kind: 'started', process: child })
  await eventually('a picture', () => text.includes('web:') || text.includes('NAME'))
  t.match(text, /\.\.\. \d+ more\n$/)
  t.ok(text.split('\n').every(line => line.length < 40))
  view.tell(context, {
    kind: 'refused',
    service: 'web',
    parentPid: 100,
    parentName: 'web',
    askerPid: 100,
    childName: 'b',
    refusal,
  })
  view.stop()
  await sink.flush()
  t.match(text, /espalier \| ! web may not spawn b/)
  t.match(text, /\u001b\[5A\u001b\[0J$/)
})
