import t from 'tap'
import type { Exit } from '../../../../protocol/children.js'
import { causesOf, chainOf, type Life, lifeOf, reportEnd } from '../../../../src/daemon/history/life.js'
import { createLives, ENDS_KEPT, ENDS_KEPT_MS } from '../../../../src/daemon/history/lives.js'
import type { ManagedProcess } from '../../../../src/daemon/process.js'
import { silentJournal } from '../../../support/journal.js'

t.test('an end is told with its order, its peaks and the ends that brought it about', async t => {
  const lives = createLives(silentJournal)
  const [root, boss, kid] = [processOf(1, null), processOf(2, 1), processOf(3, 2)]
  for (const one of [root, boss, kid]) lives.begin(one)
  lives.measure(3, 5, 100)
  lives.measure(3, 1, 200)
  lives.measure(3, null, null)
  lives.end(boss, exitOf('signal', 10))
  const order = { reason: 'cascade', atMs: 11, graceMs: 500 } as const
  lives.order(3, order)
  lives.order(3, { ...order, reason: 'stop' })
  lives.end(kid, exitOf('cascade', 12))
  const life = lives.ended().at(-1)!
  t.match(reportEnd(life), { pid: 3, order, peakRssBytes: 200, peakCpuPercent: 5, exit: { finishedAt: 12 } })
  t.strictSame(
    chainOf(life).map(one => one.pid),
    [1, 2, 3],
  )
  t.match(causesOf(life), [{ pid: 2, exit: { reason: 'signal' }, order: null }])
  t.strictSame(causesOf(lives.ended()[0]), [], 'nobody else ended the one that was killed')
})

t.test('what the kernel counted is told in place of what was seen of it', async t => {
  const lives = createLives(silentJournal)
  const details = {
    ...{ coreDumped: true, startedAt: 0, userMs: 30, systemMs: 12, maxRssBytes: 500, minorFaults: 0, majorFaults: 0 },
  }
  const counted = { ...processOf(3, null), usage: () => details }
  lives.begin(counted)
  lives.measure(3, 5, 100)
  lives.end(counted, exitOf('signal', 10))
  t.match(reportEnd(lives.ended()[0]), { cpuMs: 42, coreDumped: true, peakRssBytes: 500, peakCpuPercent: 5 })
})

t.test('a moved process hangs where it was moved', async t => {
  const lives = createLives(silentJournal)
  for (const one of [processOf(1, null), processOf(2, 1), processOf(3, 2)]) lives.begin(one)
  lives.move(3, 1)
  t.strictSame(
    chainOf(lives.find(3)!).map(one => one.pid),
    [1, 3],
  )
})

t.test('the end of one is not that of the next process of its pid', async t => {
  const lives = createLives(silentJournal)
  const [old, young] = [processOf(2, null), processOf(2, null)]
  lives.begin(old)
  lives.begin(young)
  lives.end(old, exitOf('self', 1))
  t.equal(lives.find(2)?.process, young)
  t.equal(lives.ended().length, 0)
})

t.test('of a long command line its beginning is kept', async t => {
  const lives = createLives(silentJournal)
  const long = { ...processOf(2, null), command: 'x'.repeat(200_000) }
  lives.begin(long)
  lives.end(long, exitOf('self', 1))
  t.equal(lives.ended()[0].process.command.length, 256)
})

t.test('ends are kept by count and by age', async t => {
  const lives = createLives(silentJournal)
  for (let at = 0; at <= ENDS_KEPT; at++) end(lives, at)
  t.equal(lives.ended().length, ENDS_KEPT)
  t.equal(lives.ended()[0].exit.finishedAt, 1)
  end(lives, ENDS_KEPT_MS + 5)
  t.equal(lives.ended()[0].exit.finishedAt, 5)
})

function end(lives: ReturnType<typeof createLives>, at: number): void {
  const process = processOf(7, null)
  lives.begin(process)
  lives.end(process, exitOf('self', at))
}

function exitOf(reason: Exit['reason'], finishedAt: number): Exit {
  return { exitCode: null, signal: 9, finishedAt, reason }
}

function processOf(pid: number, parentPid: number | null): ManagedProcess {
  return {
    service: 'web',
    name: `p${pid}`,
    pid,
    startTicks: pid,
    parentPid,
    depth: 0,
    command: 'c',
    startedAt: 0,
    ttlMs: null,
    state: 'running',
    cpuPercent: null,
    rssBytes: null,
    exited: new Promise(() => undefined),
  }
}

t.test('a life that is taken over as it was stored is not written again; one that has changed is', async t => {
  const written: string[] = []
  const journal = { ...silentJournal, lives: (life: Life) => void written.push(life.process.name) }
  for (const changed of [false, true]) {
    const lives = createLives(journal, 'boot')
    const life = lifeOf(processOf(3, null), null, 1)
    lives.restore([{ life, parentNumber: null, boot: 'boot' }])
    const { name } = life.process
    lives.begin({ ...processOf(3, null), name: changed ? 'other' : name })
  }
  t.strictSame(written, ['other'])
})
