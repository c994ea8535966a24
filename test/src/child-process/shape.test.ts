/** The same script against `node:child_process` and ours: it cannot tell them apart, but for what was refused. */

import * as node from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import * as ours from '../../../src/child-process/index.js'
import { createSupervisor } from '../../../src/supervisor.js'
import { readAll } from '../../launcher/processes.js'
import { privateFolder } from '../../support/folder.js'

type Functions = Pick<typeof node, 'spawn' | 'exec' | 'execFile' | 'fork'>

t.before(() => ours.setLimits({ rate: 'none', children: 20 }))

t.test('code that is there sees the same: streams, exits, errors, promises, channels', async t => {
  const module = join(privateFolder(t), 'echo.cjs')
  writeFileSync(module, "process.on('message', m => process.send(m, () => process.disconnect()))")
  const seen = await script(ours, module)
  t.same(seen, await script(node, module))
  t.ok(seen.length > 20, `${seen.length} things seen`)
  t.equal(await ours.supervisor().activeChildCount(), 0)
})

t.test('they are recorded below this process, and ended when the budget orders it', async t => {
  await ours.setLimits({ rate: 'none', ttlMaxMs: 300, graceMs: 100 })
  const child = ours.spawn('sh', ['-c', "trap '' TERM; echo up; while :; do sleep 0.05; done"])
  const exited = once(child, 'exit')
  const children = await ours.supervisor().getChildren(process.pid)
  const found = children.find(({ pid }) => pid === child.pid)
  t.match(found ?? null, { name: 'sh', pid: child.pid, parentPid: process.pid, ttlMs: 300 })
  t.ok(found?.startTicks)
  t.same(await exited, [null, 'SIGKILL'])
  await ours.setLimits({ rate: 'none', children: 20 })
})

t.test('a refusal is an error event with its code, in the next turn, and the streams end', async t => {
  await ours.setLimits({ rate: 'none', children: 0 })
  const missed = once(node.spawn('no-such-program', ['a']), 'error')
  const child = ours.spawn('node', ['a'])
  t.ok(child instanceof node.ChildProcess)
  t.equal(child.pid, undefined)
  child.stdin?.write('nobody reads this')
  child.stdout?.setEncoding('utf8')
  const output = readAll(child.stdout!)
  const ended = closed(child)
  const [error] = await once(child, 'error')
  t.ok(error instanceof ours.SpawnDenied)
  t.match(error, { code: 'child_limit', syscall: 'spawn node', path: 'node', spawnargs: ['a'], limit: 0 })
  const [missing] = await missed
  t.same(
    Object.keys(missing).filter(key => !(key in error)),
    [],
    'every field of ENOENT is there',
  )
  t.equal(await output, '')
  t.same(await ended, [child.exitCode, null])
  t.ok((child.exitCode ?? 0) < 0)
  t.equal(child.kill(), false)
  await ours.setLimits({ rate: 'none', children: 20 })
})

t.test('exec, execFile and fork are refused in their own ways', async t => {
  await ours.setLimits({ rate: 'none', children: 0 })
  const told = await new Promise<unknown[]>(settle => ours.exec('echo a', (...all) => settle(all)))
  t.match(told, [{ code: 'child_limit', cmd: 'echo a' }, '', ''])
  await t.rejects(promisify(ours.execFile)('echo', ['a']), { code: 'child_limit', stdout: '', stderr: '' })
  const forked = ours.fork('/no/such/module')
  const refused = once(forked, 'error')
  t.equal(forked.stdout, null)
  t.equal(forked.connected, false)
  t.match(await new Promise(settle => forked.send('a', settle)), { code: 'ERR_IPC_CHANNEL_CLOSED' })
  t.match(await refused, [{ code: 'child_limit' }])
  const inherited = ours.spawn('true', { stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
  t.same(
    inherited.stdio.map(stream => stream === null),
    [true, false, true, false],
  )
  await once(inherited, 'error')
  await ours.setLimits({ rate: 'none', children: 20 })
})

t.test('what never ran gives its slot back', async t => {
  await ours.setLimits({ rate: 'none', children: 1 })
  for (let round = 0; round < 3; round++) {
    const missing = ours.spawn('no-such-program')
    t.match(await once(missing, 'error'), [{ code: 'ENOENT' }])
    t.throws(() => ours.spawn('true', { cwd: 7 as unknown as string }), { code: 'ERR_INVALID_ARG_TYPE' })
  }
  t.throws(() => ours.spawn(undefined as unknown as string), { code: 'ERR_INVALID_ARG_TYPE' })
  await once(ours.spawn('true'), 'exit')
  await t.rejects(ours.setLimits({ children: -1 }), { code: 'invalid_input' })
})

t.test('hosts that are threads are asked in vain, and that is said', async t => {
  const threads = createSupervisor({ hosts: 1 })
  t.teardown(() => threads.close())
  await threads.registerService('svc')
  t.throws(() => threads.admission.inServiceAtOnce('svc', 'a'), { code: 'unavailable', message: /inline/ })
})

t.test('a closed budget refuses', async t => {
  await ours.supervisor().close()
  t.match(await once(ours.spawn('true'), 'error'), [{ code: 'shutting_down' }])
})

/** What a program does with children, and what it sees of it. */
async function script(functions: Functions, module: string): Promise<readonly unknown[]> {
  const { spawn, exec, execFile, fork } = functions
  const seen: unknown[] = []
  const see = (child: node.ChildProcess) => {
    seen.push(child.constructor.name, child.spawnfile, child.spawnargs, child.stdio.length, typeof child.pid)
    for (const event of ['spawn', 'exit', 'close', 'disconnect'] as const) {
      child.on(event, (...args: unknown[]) => seen.push([event, ...args]))
    }
    child.on('error', (error: NodeJS.ErrnoException) => seen.push([error.name, error.code, error.message]))
  }
  const cat = spawn('cat')
  see(cat)
  cat.stdin.end('through a pipe')
  // Whether an exit or the last of a pipe is heard first is chance.
  const piped = readAll(cat.stdout)
  await closed(cat)
  seen.push(await piped)
  const quiet = spawn('sh', ['-c', 'exit 3'], { stdio: 'ignore' })
  see(quiet)
  await closed(quiet)
  const killed = spawn('sleep', ['100'])
  see(killed)
  seen.push(killed.kill('SIGKILL'), await closed(killed), killed.signalCode)
  const missing = spawn('no-such-program', ['x'])
  see(missing)
  await closed(missing)
  const late = spawn('sleep', ['100'], { timeout: 20, killSignal: 'SIGINT' })
  see(late)
  await closed(late)
  const abort = new AbortController()
  const aborted = spawn('sleep', ['100'], { signal: abort.signal })
  see(aborted)
  abort.abort()
  await closed(aborted)
  seen.push(await promisify(exec)('echo out; echo err >&2'))
  seen.push(await promisify(execFile)('sh', ['-c', 'echo $A'], { env: { ...process.env, A: 'b' }, encoding: 'buffer' }))
  seen.push(await promisify(exec)('exit 4').catch(({ code, cmd, stdout }) => ({ code, cmd, stdout })))
  seen.push(await new Promise(settle => execFile('seq', ['9'], { maxBuffer: 3 }, error => settle(error?.message))))
  const forked = fork(module, [], { execArgv: [] })
  const begun = seen.length
  see(forked)
  forked.send({ a: 1 })
  const message = once(forked, 'message')
  await closed(forked)
  // So it is whether the exit or the end of the channel is.
  seen.push(
    ...seen
      .splice(begun)
      .map(one => JSON.stringify(one))
      .sort(),
    (await message)[0],
  )
  return seen
}

/** An error before it is no reason not to wait. */
function closed(child: node.ChildProcess): Promise<unknown[]> {
  return new Promise(settle => child.once('close', (...args: unknown[]) => settle(args)))
}
