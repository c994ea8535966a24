/** What a keeper does without a daemon, and how it leaves. */

import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { decodeNumbers, encodeCommand } from '../../protocol/keeper/frames.js'
import { checkKeeper as check, greeted, startRawKeeper } from '../support/keeper.js'
import { eventually, isRunning } from '../support/processes.js'

const { SIGKILL } = constants.signals

check(
  'a child that writes and writes waits for a reader while there is a daemon, and for nobody when there is none',
  async t => {
    const keeper = await startRawKeeper(t)
    const link = await greeted(keeper)
    link.spawn(1, 'exec cat /dev/zero', { stdio: ['null', 'pipe', 'null'] })
    const { pid, stdoutFd } = (await link.heard('started', 1)).fields
    t.ok(stdoutFd > 0)
    const written = () => Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1])
    await eventually('the pipe is full', () => /^\d+ \(cat\) S/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
    link.socket.destroy()
    await eventually('it writes on', () => written() > 10_000_000)
    process.kill(keeper.pid, 'SIGKILL')
    await eventually('the keeper is gone', () => !isRunning(keeper.pid))
    t.ok(isRunning(pid), 'no SIGPIPE, whoever dies')
    process.kill(pid, 'SIGKILL')
    await eventually('it is gone', () => !isRunning(pid))
  },
)

check('one that is abandoned ends what it keeps, with grace, and leaves the exits for who comes', async t => {
  const keeper = await startRawKeeper(t, { abandonMs: 300, graceMs: 200 })
  const link = await greeted(keeper, { abandonMs: 300, graceMs: 200, keep: 0 })
  link.spawn(1, 'trap "" TERM; while :; do sleep 0.05; done')
  link.spawn(2, 'trap "exit 7" TERM; while :; do sleep 0.05; done')
  const pids = await Promise.all([1, 2].map(async id => (await link.heard('started', id)).fields.pid))
  link.socket.destroy()
  await eventually('it has left', () => !isRunning(keeper.pid))
  t.notOk(pids.some(isRunning))
  const next = await greeted(await startRawKeeper(t, {}, keeper.folder))
  await eventually('both are told', () => next.all('exit').length === 2)
  t.match((await next.heard('exit', 1)).fields, { signal: SIGKILL })
  t.match((await next.heard('exit', 2)).fields, { code: 7 })
})

check('one that is to keep stays as long as something runs, and leaves when nothing does', async t => {
  const keeper = await startRawKeeper(t, { abandonMs: 50, keep: true })
  const link = await greeted(keeper, { abandonMs: 50, graceMs: 100, keep: 1 })
  link.spawn(1, 'read line < /dev/null; exec sleep 100')
  const { pid } = (await link.heard('started', 1)).fields
  link.socket.destroy()
  const again = await greeted(keeper, { abandonMs: 50, graceMs: 100, keep: 1 })
  t.equal((await again.heard('live', 1)).fields.pid, pid)
  again.socket.destroy()
  process.kill(pid, 'SIGKILL')
  await eventually('it has left', () => !isRunning(keeper.pid))
})

check('TERM ends the service with grace; a signal from a terminal means nothing', async t => {
  const keeper = await startRawKeeper(t, { graceMs: 5000 })
  const link = await greeted(keeper, { abandonMs: 20_000, graceMs: 5000, keep: 0 })
  link.spawn(1, 'trap "exit 9" TERM; while :; do sleep 0.05; done')
  await link.heard('started', 1)
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTSTP', 'SIGUSR1'] as const) process.kill(keeper.pid, signal)
  link.signal(1, [1], 0)
  t.equal((await link.heard('signalled', 1)).fields.count, 1)
  process.kill(keeper.pid, 'SIGTERM')
  const exit = await link.heard('exit', 1)
  t.match(exit.fields, { code: 9 })
  link.ack(exit.fields.seq)
  await link.closed
  await eventually('it has left', () => !isRunning(keeper.pid))
  t.notOk(existsSync(keeper.folder), 'with nothing to tell it leaves nothing')
})

check('quit is to leave when nothing runs, and an end of everything leaves at once', async t => {
  for (const leave of ['quit', 'end'] as const) {
    const keeper = await startRawKeeper(t)
    const link = await greeted(keeper)
    link.spawn(1, leave === 'quit' ? 'exec sleep 0.1' : 'sleep 100 & sleep 100')
    await link.heard('started', 1)
    if (leave === 'quit') link.send(encodeCommand('quit', 0, {}))
    else link.end(3, [0])
    const exit = await link.heard('exit', 1)
    if (leave === 'end') t.same(decodeNumbers((await link.heard('ended', 3)).tail), [])
    link.spawn(2, 'true')
    link.ack(exit.fields.seq)
    await link.closed
    await eventually('it has left', () => !isRunning(keeper.pid))
  }
})

check('what has not ended by the deadline is named, and ended all the same', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  link.spawn(1, 'exec sleep 100')
  const { pid } = (await link.heard('started', 1)).fields
  link.end(1, [0], 0)
  const ended = await link.heard('ended', 1)
  t.match(ended.fields, { stuck: 1, killed: 1, passes: 1 })
  t.same(decodeNumbers(ended.tail), [pid])
  link.ack((await link.heard('exit', 1)).fields.seq)
  await link.closed
  await eventually('it has left', () => !isRunning(keeper.pid))
})

check('a time to live that ends while nobody is there ends the node and all below it, with grace', async t => {
  const config = { abandonMs: 20_000, graceMs: 100, keep: 1 }
  const keeper = await startRawKeeper(t, { graceMs: 100, keep: true })
  const link = await greeted(keeper, config)
  link.spawn(1, 'trap "" TERM; while :; do sleep 0.05; done', { ttlMs: 300, word: 'mine' })
  link.spawn(2, 'trap "exit 3" TERM; while :; do sleep 0.05; done', { parentId: 1 })
  link.spawn(3, 'exec sleep 100', { word: 'w'.repeat(512) })
  const [one, two, three] = await Promise.all([1, 2, 3].map(async id => (await link.heard('started', id)).fields.pid))
  link.socket.destroy()
  await eventually('both have ended', () => !isRunning(one) && !isRunning(two))
  t.ok(isRunning(three))
  const next = await greeted(keeper, config)
  t.match((await next.heard('exit', 1)).fields, { signal: SIGKILL, reason: 3 })
  t.match((await next.heard('exit', 2)).fields, { code: 3, reason: 3 })
  const words = await Promise.all([1, 3].map(async id => Buffer.from((await next.heard('live', id)).tail).toString()))
  t.same(words, ['mine', 'w'.repeat(512)], 'words are told again')
})
