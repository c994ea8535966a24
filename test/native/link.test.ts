/** The keeper's link, spoken by hand: who is heard, what is answered, what is nonsense. */

import { readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { encodeCommand } from '../../protocol/keeper/frames.js'
import { SPAWN_STEPS } from '../../protocol/keeper/messages.js'
import { startKeeper } from '../../src/keeper/start.js'
import { checkKeeper as check, connectRaw, greeted, startRawKeeper } from '../support/keeper.js'
import { eventually } from '../support/processes.js'

const { SIGTERM } = constants.signals

check('welcome says who it is; a process is started, ends, and its exit is told with its key', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  const { fields, tail } = await link.heard('welcome')
  t.match(fields, { pid: keeper.pid, startTicks: keeper.startTicks, seq: 0, acked: 0, lastId: 0 })
  t.match(Buffer.from(tail).toString(), /^[0-9a-f-]{36}\0$/)
  link.spawn(1, 'exit 3', { parentId: 9 })
  const started = await link.heard('started', 1)
  t.match(started.fields, { key: 1001, parentId: 9, exited: 0, stdinFd: 0, stdoutFd: 0, stderrFd: 0 })
  const exit = await link.heard('exit', 1)
  const { pid, startTicks } = started.fields
  t.match(exit.fields, { seq: 1, key: 1001, id: 1, pid, startTicks, code: 3, signal: 0, parentId: 9, reason: 0 })
  t.ok(exit.fields.endedMs >= exit.fields.startedMs && exit.fields.startedMs > Date.now() - 60_000)
})

check('a spawn is never carried out twice, by its number or by its key', async t => {
  const link = await greeted(await startRawKeeper(t))
  link.spawn(5, 'sleep 100')
  const { fields } = await link.heard('started', 5)
  link.spawn(5, 'sleep 100', { key: 77 })
  link.spawn(4, 'sleep 100', { key: 78 })
  link.spawn(6, 'sleep 100', { key: fields.key })
  const failures = await Promise.all([5, 4, 6].map(id => link.heard('failed', id)))
  for (const failure of failures) t.equal(SPAWN_STEPS[failure.fields.step - 1], 'known')
  t.equal(link.all('started').length, 1)
})

check('the newest who says hello is served; who says nothing, or nonsense, is sent away', async t => {
  const keeper = await startRawKeeper(t)
  const first = await greeted(keeper)
  const silent = await connectRaw(keeper)
  await silent.closed
  const second = await greeted(keeper)
  await first.closed
  const old = await connectRaw(keeper)
  old.send(encodeCommand('hello', 0, { version: 999, daemonPid: 1, generation: 0, lastSeq: 0 }))
  await old.closed
  for (const nonsense of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64, 255), Buffer.alloc(64)]) {
    const liar = await connectRaw(keeper)
    liar.send(nonsense)
    await liar.closed
  }
  second.spawn(1, 'exit 0')
  await second.heard('exit', 1)
})

check('a command that breaks the rules ends its link with a word why, and nothing else', async t => {
  const keeper = await startRawKeeper(t)
  const mine = await greeted(keeper)
  mine.spawn(1, 'sleep 100')
  const { pid } = (await mine.heard('started', 1)).fields
  const short = encodeCommand('ack', 0, { seq: 1 }).slice(0, 12)
  new DataView(short.buffer).setUint32(0, 8, true)
  const odd = encodeCommand('signal', 1, { signal: 0, scope: 0, reason: 0 }, Uint8Array.of(1))
  const unknown = encodeCommand('quit', 0, {})
  unknown[4] = 33
  for (const [frame, why] of [
    [short, /shorter/],
    [odd, /tail/],
    [unknown, /unknown/],
  ] as const) {
    const link = await greeted(keeper)
    link.send(frame)
    t.match(Buffer.from((await link.heard('fault')).tail).toString(), why)
    await link.closed
  }
  const again = await greeted(keeper)
  t.equal((await again.heard('live', 1)).fields.pid, pid)
})

check('spawns that lie about their texts fail at text', async t => {
  const link = await greeted(await startRawKeeper(t))
  const lies = [{ argv: ['', 'x'] }, { argv: ['a\0b'] }, { env: ['A=b\0C=d'] }, { cwd: '/\0/' }]
  lies.forEach((lie, at) => {
    link.spawn(at + 1, '', lie)
  })
  for (let id = 1; id <= lies.length; id++) {
    t.equal(SPAWN_STEPS[(await link.heard('failed', id)).fields.step - 1], 'text')
  }
})

check('signals reach the process or its forks too, and count them', async t => {
  const link = await greeted(await startRawKeeper(t))
  link.spawn(1, 'sleep 100 & sleep 100 & wait')
  link.spawn(2, 'exec sleep 100')
  await link.heard('started', 2)
  const count = async (request: number, ids: readonly number[], scope: number, signal = 0) => {
    link.signal(request, ids, signal, scope)
    return (await link.heard('signalled', request)).fields.count
  }
  let request = 1
  await eventually('two forks', async () => (await count(request++, [1], 1)) === 3)
  t.equal(await count(1001, [1, 2], 1), 4)
  t.equal(await count(1002, [0], 1), 4)
  t.equal(await count(1003, [1, 2, 99], 0), 2)
  t.equal(await count(1004, [99], 1), 0)
  t.equal(await count(1005, [1], 1, SIGTERM), 3)
  t.match((await link.heard('exit', 1)).fields, { signal: SIGTERM })
  // Its forks die when the host lets them.
  request = 1006
  await eventually('the other one alone', async () => (await count(request++, [0], 1)) === 1)
})

check('a folder has one keeper', async t => {
  const keeper = await startRawKeeper(t)
  t.equal(await startKeeper(keeper.folder, { abandonMs: 1000, keep: false, graceMs: 0 }, false), null)
  t.same(readdirSync(keeper.folder).sort(), ['exits.0', 'exits.1', 'link.sock', 'lock', 'spawn.sock'])
  t.match(readFileSync(join(keeper.folder, 'lock'), 'utf8'), `${keeper.pid} ${keeper.startTicks} `)
  await t.rejects(startKeeper('/no/such/folder', { abandonMs: 1, keep: false, graceMs: 0 }, false), {
    code: 'unavailable',
    message: /cannot enter.*portable/,
  })
})

check('texts of no bytes are nothing, however many of them come before a spawn', async t => {
  const link = await greeted(await startRawKeeper(t))
  for (let count = 0; count < 4; count++) link.send(encodeCommand('text', 0, {}))
  link.spawn(1, 'exit 0')
  const exit = await link.heard('exit', 1)
  t.equal(exit.fields.code, 0)
})
