import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { nameHoldup } from '../../../src/os/holdup.js'
import { TEST_ENV, until } from '../../launcher/processes.js'

t.test('a process that holds an end up is named with what it waits for', async t => {
  const child = start(t, 'exec sleep 100')
  await until('it is named', () => nameHoldup(child.pid ?? 0) === `${child.pid} (sleep)`)
  child.kill('SIGSTOP')
  await until('it is stopped', () => nameHoldup(child.pid ?? 0) === `${child.pid} (sleep, is stopped)`)
})

t.test('a name that it gave itself does the terminal no harm', async t => {
  const child = start(t, String.raw`printf 'x\033[2J) Z' > /proc/$$/comm; while :; do sleep 0.1; done`)
  await until('it has its name', () => nameHoldup(child.pid ?? 0).includes('[2J) Z'))
  t.notOk(nameHoldup(child.pid ?? 0).includes('\u001b'))
})

t.test('one that is gone is its pid', async t => {
  t.equal(nameHoldup(2 ** 22 + 1), String(2 ** 22 + 1))
})

function start(t: Test, script: string): ChildProcess {
  const child = spawn('sh', ['-c', script], { stdio: 'ignore', env: TEST_ENV })
  const gone = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await gone
  })
  return child
}
