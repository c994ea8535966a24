import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { DaemonContext } from '../../../../src/daemon/context.js'
import { createLineListeners } from '../../../../src/daemon/output/listeners.js'
import { awaitReady } from '../../../../src/daemon/readiness/await-ready.js'
import { tryExec } from '../../../../src/daemon/readiness/exec.js'
import { createMatcher } from '../../../../src/daemon/readiness/matching.js'
import { openRootLines } from '../../../../src/daemon/readiness/root-lines.js'
import { eventually, isRunning } from '../../../support/processes.js'

function awaitedIn(t: Test) {
  const place = { cwd: t.testdir(), env: { PATH: process.env.PATH ?? '' } }
  const giveUp = new AbortController()
  const said = createLineListeners()
  const context = { core: { launcher: {} }, lines: said } as unknown as DaemonContext
  return { service: 'db', place, lines: openRootLines(context, 'db'), said, signal: giveUp.signal, giveUp }
}

const exec = (command: readonly string[]) => ({ kind: 'exec', command, intervalMs: 50, timeoutMs: 20_000 }) as const

t.test('a program is tried until it exits 0', async t => {
  const awaited = awaitedIn(t)
  let isReady = false
  const ready = awaitReady(exec(['sh', '-c', 'echo >> tries; test -e go']), awaited).then(() => {
    isReady = true
  })
  const { cwd } = awaited.place
  await eventually(
    'two tries',
    () => existsSync(join(cwd, 'tries')) && readFileSync(join(cwd, 'tries'), 'utf8').length > 1,
  )
  t.notOk(isReady)
  writeFileSync(join(cwd, 'go'), '')
  await ready
})

t.test('one that never does is named with its last answer when the time is over', async t => {
  const awaited = awaitedIn(t)
  const brief = { ...exec(['sh', '-c', 'exit 3']), timeoutMs: 1000 }
  await t.rejects(awaitReady(brief, awaited), {
    code: 'timeout',
    message: /service db is not ready within 1s: .*: it exited 3; mend it/,
  })
  await t.rejects(awaitReady({ ...brief, command: ['no-such-program'] }, awaited), { message: /ENOENT/ })
})

t.test('a try that hangs is killed with what it forked, in time and at the signal', async t => {
  const { place, giveUp } = awaitedIn(t)
  const command = ['sh', '-c', 'sleep 300 & echo $! > fork; wait']
  const fork = () => Number(readFileSync(join(place.cwd, 'fork'), 'utf8'))
  t.equal(await tryExec({ ...place, command: ['sh', '-c', 'exit 3'] }, 60_000, giveUp.signal), 'it exited 3')
  t.match(await tryExec({ ...place, command }, 1000, giveUp.signal), /did not end within 1000 ms/)
  await eventually('its fork is gone', () => !isRunning(fork()))
  writeFileSync(join(place.cwd, 'fork'), '')
  const trying = tryExec({ ...place, command }, 60_000, giveUp.signal)
  await eventually('it hangs', () => fork() > 0)
  giveUp.abort()
  t.match(await trying, /died of SIGKILL/)
  await eventually('its fork is gone', () => !isRunning(fork()))
})

t.test('a line of output says so, of this service alone', async t => {
  const awaited = awaitedIn(t)
  const probe = { kind: 'log', pattern: 'port \\d+$', timeoutMs: 60_000 } as const
  let isReady = false
  const ready = awaitReady(probe, awaited).then(() => {
    isReady = true
  })
  awaited.said.tell('other', 'port 80')
  awaited.said.tell('db', 'port none')
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(isReady)
  awaited.said.tell('db', 'listening on port 80')
  await ready
  await t.rejects(awaitReady({ ...probe, timeoutMs: 50 }, awaited), {
    code: 'timeout',
    message: /no line of its output has "port/,
  })
  const later = awaitReady(probe, awaited)
  awaited.giveUp.abort()
  await later
})

t.test('a line made to keep the pattern busy for ever is not taken, and the next one is', async t => {
  const matches = createMatcher('^(a+)+$')
  t.notOk(matches(`${'a'.repeat(60)}!`))
  t.ok(matches('aaa'))
})
