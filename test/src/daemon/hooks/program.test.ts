import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { EspalierEvent } from '../../../../protocol/events.js'
import { type HookProgram, runProgram } from '../../../../src/daemon/hooks/program.js'
import { TEST_ENV } from '../../../launcher/processes.js'
import { privateFolder } from '../../../support/folder.js'
import { eventually, isRunning } from '../../../support/processes.js'

const child = {
  ...{ name: 'kid', pid: 5, startTicks: 1, parentPid: 4, command: 'agent --token=hunter2', startedAt: 0, ttlMs: null },
  ...{ depth: 1, cpuPercent: null, rssBytes: null, lastExit: null, user: null, kind: 'spawned' as const },
}
const event: EspalierEvent = { kind: 'child_exited', service: 'web', number: 3, atMs: 0, child }
const occasion = { count: 7, first: event, last: event }
const never = new AbortController().signal

function program(cwd: string, script: string, timeoutMs = 60_000): HookProgram {
  return { command: ['sh', '-c', script], cwd, service: 'web', kind: 'exited', env: { ...TEST_ENV }, timeoutMs }
}

t.test('it is told of what happened in its environment, without secrets', async t => {
  const folder = privateFolder(t)
  t.equal(await runProgram(program(folder, 'env > told'), occasion, never), null)
  const told = readFileSync(join(folder, 'told'), 'utf8')
  for (const line of ['ESPALIER_SERVICE=web', 'ESPALIER_HOOK=exited', 'ESPALIER_COUNT=7']) t.match(told, line)
  const json = /^ESPALIER_EVENT=(.*)$/m.exec(told)?.[1] ?? ''
  t.match(JSON.parse(json), { kind: 'child_exited', number: 3, child: { pid: 5, command: 'agent --token=***' } })
})

t.test('an event that is too long is told by its number', async t => {
  const folder = privateFolder(t)
  const long: EspalierEvent = { ...event, child: { ...child, command: 'x '.repeat(20_000) } }
  await runProgram(program(folder, 'printf %s "$ESPALIER_EVENT" > told'), { ...occasion, last: long }, never)
  t.same(JSON.parse(readFileSync(join(folder, 'told'), 'utf8')), {
    ...{ kind: 'child_exited', service: 'web', number: 3, atMs: 0 },
  })
})

t.test('how it failed is said', async t => {
  const folder = privateFolder(t)
  t.equal(await runProgram(program(folder, 'exit 3'), occasion, never), 'exited 3')
  t.equal(await runProgram(program(folder, 'kill -9 $$'), occasion, never), 'died of SIGKILL')
  const missing = { ...program(folder, ''), command: ['no-such-program'] }
  t.match(await runProgram(missing, occasion, never), /did not start: .*ENOENT/)
})

for (const [what, script] of [
  ['one that takes too long', 'echo $$ > pid; exec sleep 100'],
  ['one that takes too long and does not hear TERM', 'trap "" TERM; echo $$ > pid; while :; do sleep 1; done'],
] as const) {
  t.test(`${what} is ended, with its group`, async t => {
    const folder = privateFolder(t)
    t.match(await runProgram(program(folder, script, 2000), occasion, never), /took longer than 2000 ms, and was ended/)
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'))
    await eventually('it is gone', () => !isRunning(pid))
  })
}

t.test('it is ended with the daemon', async t => {
  const folder = privateFolder(t)
  const ending = new AbortController()
  const ended = runProgram(program(folder, 'exec sleep 100'), occasion, ending.signal)
  ending.abort()
  t.match(await ended, /was still running when the daemon ended, and was ended/)
  t.match(await runProgram(program(folder, 'exec sleep 100'), occasion, ending.signal), /was ended/)
})
