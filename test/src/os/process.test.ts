import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import t from 'tap'
import { hasEnded, readIdentity } from '../../../src/os/process.js'
import { TEST_ENV, until } from '../../launcher/processes.js'

t.test('a process is known by pid, start ticks, parent and group', async t => {
  const self = readIdentity(process.pid)
  t.equal(self?.pid, process.pid)
  t.equal(self?.parentPid, process.ppid)
  t.ok(Number.isSafeInteger(self?.startTicks) && (self?.startTicks ?? 0) > 0)
  t.equal(readIdentity(process.pid)?.startTicks, self?.startTicks, 'start ticks do not change')
  t.notOk(self !== null && hasEnded(self))
})

t.test('a name with spaces and parentheses does not shift the fields', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-'))
  const path = join(folder, 'a) Z 1 (b')
  copyFileSync('/bin/sleep', path)
  const child = spawn(path, ['100'], { stdio: 'ignore', detached: true, env: TEST_ENV, argv0: 'sleep' })
  t.match(readIdentity(child.pid ?? 0), { pid: child.pid, parentPid: process.pid, pgrp: child.pid })
  await end(child)
  rmSync(folder, { recursive: true })
})

t.test('the identity is null when the process is gone, and for what is no pid', async t => {
  const child = spawn('sleep', ['100'], { stdio: 'ignore', env: TEST_ENV })
  t.ok(readIdentity(child.pid ?? 0))
  await end(child)
  t.equal(readIdentity(child.pid ?? 0), null)
  for (const pid of [0, -1, 1.5, Number.NaN, 2 ** 22 + 1, Number.POSITIVE_INFINITY]) t.equal(readIdentity(pid), null)
})

t.test('one that has ended and was not reaped is seen to have ended', async t => {
  // The shell forks one that ends when its input does, then becomes a sleep, which reaps nobody.
  const child = spawn('sh', ['-c', 'cat <&3 >/dev/null & echo $!; exec sleep 100'], {
    env: TEST_ENV,
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  const [line] = await once(child.stdout as Readable, 'data')
  await until('the shell is a sleep', () => readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n')
  child.stdio[3]?.destroy()
  await until('it is a zombie', () => readIdentity(Number(line))?.state === 'Z')
  const identity = readIdentity(Number(line))
  t.ok(identity !== null && hasEnded(identity))
  await end(child)
})

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
