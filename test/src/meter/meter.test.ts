import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { EspalierError } from '../../../protocol/failures.js'
import { createMeterLink, RESTARTS_MAX } from '../../../src/meter/link.js'
import { type MeterOptions, startMeter } from '../../../src/meter/meter.js'
import { readIdentity } from '../../../src/os/process.js'
import { TEST_ENV, until } from '../../launcher/processes.js'

const noProc = process.platform === 'linux' ? false : 'there is no /proc to look into'
const self = { pid: process.pid, startTicks: readIdentity(process.pid)?.startTicks ?? null }
const quiet: MeterOptions = { periodMs: 50, pids: () => [self], report: () => undefined, onError: () => undefined }

t.test('processes are measured each period, and the peak is kept', async t => {
  const child = spawn('sleep', ['100'], { stdio: 'ignore', env: TEST_ENV })
  const gone = once(child, 'exit')
  const other = { pid: child.pid ?? 0, startTicks: readIdentity(child.pid ?? 0)?.startTicks ?? null }
  const seen: { readonly pid: number; readonly cpuPercent: number | null; readonly rssBytes: number }[] = []
  const errors: Error[] = []
  const meter = startMeter({
    ...quiet,
    pids: () => [self, other],
    report: (pid, cpuPercent, rssBytes) => seen.push({ pid, cpuPercent, rssBytes }),
    onError: error => errors.push(error),
  })
  await until('three rounds', () => seen.filter(sample => sample.pid === other.pid).length >= 3)
  await meter.stop()
  const count = seen.length
  t.same(errors, [])
  t.equal(seen.find(sample => sample.pid === self.pid)?.cpuPercent, null)
  t.type(seen.findLast(sample => sample.pid === self.pid)?.cpuPercent, 'number')
  t.equal(meter.peakProcesses, 2)
  t.ok(meter.peakRssBytes > 10_000_000)
  await meter.stop()
  t.equal(seen.length, count, 'nothing is reported after stop')
  child.kill('SIGKILL')
  await gone
})

t.test('a period out of range is invalid input', async t => {
  for (const periodMs of [0, 49, -1, Number.NaN, 10_001]) {
    t.throws(() => startMeter({ ...quiet, periodMs }), { code: 'invalid_input', message: /50 to 10000/ })
  }
})

t.test('no thread runs while there is nothing to measure', async t => {
  let asked = 0
  const meter = startMeter({
    ...quiet,
    pids: () => {
      asked++
      return []
    },
    onError: error => t.fail(error.message),
    thread: new URL('./no-such-file.js', import.meta.url),
  })
  await until('asked three times', () => asked >= 3)
  await meter.stop()
})

t.test('forks are looked for while there is a keeper, and are none when nothing is left', { skip: noProc }, async t => {
  const fork = spawn('sleep', ['100'], { stdio: 'ignore', env: TEST_ENV })
  const gone = once(fork, 'exit')
  let isThere = true
  const rounds: (readonly number[])[] = []
  const meter = startMeter({
    ...quiet,
    pids: () => [],
    keepers: () => (isThere ? [{ service: 'web', pid: process.pid }] : []),
    forks: found => rounds.push(found.map(({ pid }) => pid)),
    onError: error => t.fail(error.message),
  })
  await until('it is found', () => rounds.some(found => found.includes(fork.pid ?? 0)))
  isThere = false
  await until('none is left', () => rounds.at(-1)?.length === 0)
  await meter.stop()
  fork.kill('SIGKILL')
  await gone
})

t.test('an error of the embedder is told and does not end the metering', async t => {
  const errors: Error[] = []
  const meter = startMeter({
    ...quiet,
    report: () => {
      throw new Error('from report')
    },
    onError: error => errors.push(error),
  })
  await until('told twice', () => errors.length >= 2)
  await meter.stop()
  t.equal(errors[0].message, 'from report')
})

t.test('a thread that dies is told and replaced, five times a minute and not more', async t => {
  const errors: Error[] = []
  let asked = 0
  const meter = startMeter({
    ...quiet,
    pids: () => {
      asked++
      return [self]
    },
    onError: error => errors.push(error),
    thread: script('throw new Error("broken thread")'),
  })
  await until('given up', () => errors.some(error => /not measured/.test(error.message)))
  const askedThen = asked
  await until('and then only waits', () => asked >= askedThen + 3)
  await meter.stop()
  t.equal(errors.filter(error => /broken thread/.test(error.message)).length, RESTARTS_MAX + 1)
  t.equal(errors.length, RESTARTS_MAX + 2, 'giving up is told once')
  t.ok(errors.every(error => error instanceof EspalierError && error.code === 'unavailable'))
})

t.test('a thread that gives no answer is ended at the deadline', async t => {
  const link = createMeterLink(script('setInterval(() => undefined, 1000)'), 50)
  const keepAlive = setInterval(() => undefined, 1000)
  await t.rejects(link.ask([self], [], []), { code: 'timeout', message: /within 50 ms/ })
  await link.stop()
  clearInterval(keepAlive)
})

t.test('a question in flight fails when the meter is stopped', async t => {
  const link = createMeterLink(script('setInterval(() => undefined, 1000)'), 60_000)
  const asked = link.ask([self], [], [])
  const rejected = t.rejects(asked, { code: 'closed' })
  await link.stop()
  await rejected
})

t.test('a thread that died between two questions is told at the next', async t => {
  const body = `import('node:worker_threads').then(({ parentPort }) => parentPort.on('message', ({ id }) => {
    parentPort.postMessage({ id, round: { samples: [], missed: [], found: null }, groups: [] })
    setTimeout(() => process.exit(3), 1)
  }))`
  const link = createMeterLink(script(body), 10_000)
  t.match(await link.ask([self], [], []), { round: { samples: [], missed: [], found: null }, groups: [] })
  let failure: unknown = null
  await until('the death is told', () => {
    link.ask([self], [], []).catch(error => {
      failure ??= error
    })
    return failure !== null
  })
  t.match(failure, { code: 'unavailable', message: /exit code 3/ })
  await link.stop()
})

/** A thread's code as an address. */
function script(body: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(body)}`)
}
