import t from 'tap'
import { parseLimits } from '../../../protocol/limit-parse.js'
import type { ProcessReport, ServiceReport } from '../../../protocol/wire/answers.js'
import { processLines, serviceLines } from '../../../src/cli/listing.js'

const agent: ProcessReport = {
  service: 'agents',
  name: 'reader',
  pid: 4711,
  startTicks: 1,
  kind: 'spawned',
  parentPid: 4000,
  depth: 1,
  command: 'node reader.mjs --token s3cret --port 80',
  state: 'running',
  cpuPercent: 12.4,
  rssBytes: 1024 * 1024,
  startedAt: 1000,
  ttlMs: 60_000,
}

t.test('ps has a line a process, columns aligned, secrets hidden', async t => {
  const other = { ...agent, name: 'a-name-that-is-longer', ttlMs: null, rssBytes: null, cpuPercent: null }
  const lines = processLines({ atMs: 11_000, processes: [agent, other] })
  t.equal(lines.length, 3)
  t.match(
    lines[1],
    /^agents +reader +4711 +4000 +spawned +running +1M(iB)? +12% +10s +50s +node reader\.mjs --token \*\*\* --port 80$/,
  )
  const at = lines[0].indexOf('PID')
  for (const line of lines.slice(1)) t.equal(line.slice(at, at + 4), '4711')
})

t.test('control bytes of a child never reach the terminal', async t => {
  const lines = processLines({ atMs: 0, processes: [{ ...agent, command: 'sh \u001b]0;x\u0007\n\u009b2J' }] })
  t.equal(lines.length, 2)
  t.notMatch(lines.join(''), /[\u0000-\u001f\u007f-\u009f]/)
})

t.test('services shows what is used of what is allowed', async t => {
  const service: ServiceReport = {
    name: 'agents',
    limits: parseLimits({ descendants: 40 }),
    liveDescendants: 7,
    totalDescendants: 9,
    reservations: 2,
    memoryUsed: 0,
    memorySource: 'rss',
    linesLost: 0,
    rateUsed: 3,
    processes: 8,
    state: 'running',
    phase: { kind: 'running' },
    restarts: 0,
    over: [],
  }
  const line = (more: Partial<ServiceReport>) => serviceLines({ atMs: 1000, services: [{ ...service, ...more }] })[1]
  t.match(line({}), /^agents +running +8 +7\/40 +2 +0.*\/none +3\/10\/1s$/)
  const restarting = { kind: 'restarting', atMs: 4000, count: 2, limit: 5 } as const
  t.match(line({ state: 'restarting', phase: restarting }), /^agents {2}restarting in 3s \(2 of 5\) {2}8 /)
  t.match(line({ state: 'restarting', phase: { ...restarting, limit: null } }), /restarting in 3s \(restart 2\)/)
  const failed = { kind: 'failed', count: 5, windowMs: 60_000 } as const
  t.match(line({ state: 'failed', phase: failed }), /^agents {2}failed \(5 restarts in 1m\) {2}8 /)
})
