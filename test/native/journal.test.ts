/** Exits: written down before they are told, told until they are acknowledged, taken up by the next keeper. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeCommand } from '../../protocol/keeper/frames.js'
import { checkKeeper as check, connectRaw, greeted, startRawKeeper } from '../support/keeper.js'
import { eventually, isRunning } from '../support/processes.js'

check(
  'an exit is told again over each new link until it is acknowledged, with its process among the nodes',
  async t => {
    const keeper = await startRawKeeper(t)
    const first = await greeted(keeper)
    const { generation } = (await first.heard('welcome')).fields
    for (let id = 1; id <= 5; id++) first.spawn(id, `exit ${id}`)
    await first.heard('exit', 5)
    await eventually('all five', () => first.all('exit').length === 5)
    const order = first.all('exit').map(({ id }) => id)
    first.ack(2)
    first.socket.destroy()
    const second = await greeted(keeper)
    await eventually('three are told', () => second.all('exit').length === 3)
    t.same(
      second.all('exit').map(({ fields }) => fields.seq),
      [3, 4, 5],
    )
    t.same(
      second.all('exit').map(({ id }) => id),
      order.slice(2),
    )
    t.same(
      second
        .all('live')
        .filter(({ fields }) => fields.exited === 1)
        .map(({ id }) => id)
        .sort(),
      order.slice(2).sort(),
    )
    t.ok(second.all('live').every(({ fields }) => fields.exited > 0))
    second.socket.destroy()
    const third = await connectRaw(keeper)
    third.hello(generation, 4)
    await third.heard('exit')
    t.same(
      third.all('exit').map(({ fields }) => fields.seq),
      [5],
    )
    third.ack(5)
    third.spawn(6, 'exit 0')
    await third.heard('exit', 6)
    t.same(
      third.all('exit').map(({ fields }) => fields.seq),
      [5, 6],
    )
  },
)

check('thousands of exits that nobody acknowledged are told in order, over a change of files', async t => {
  const keeper = await startRawKeeper(t)
  const first = await greeted(keeper)
  const count = 600
  for (let id = 1; id <= count; id++) first.spawn(id, '', { argv: ['true'] })
  await eventually('all have started', () => first.all('started').length === count)
  first.socket.destroy()
  await eventually('all have ended', async () => {
    const link = await greeted(keeper)
    await link.heard('live_end')
    link.socket.destroy()
    return link.all('live').every(({ fields }) => fields.exited === 1)
  })
  const second = await greeted(keeper)
  await eventually('all are told', () => second.all('exit').length === count)
  t.same(
    second.all('exit').map(({ fields }) => fields.seq),
    Array.from({ length: count }, (_, at) => at + 1),
  )
  t.equal(new Set(second.all('exit').map(({ id }) => id)).size, count)
  second.ack(count)
  second.send(encodeCommand('ask_status', 9, {}))
  t.match((await second.heard('status', 9)).fields, { live: 0, streams: 0, dropped: 0 })
})

check('the next keeper tells the exits that the one before it could not', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  const { generation } = (await link.heard('welcome')).fields
  for (let id = 1; id <= 3; id++) link.spawn(id, `exit ${id}`)
  await eventually('all three', () => link.all('exit').length === 3)
  const told = link.all('exit').map(({ fields }) => [fields.seq, fields.code])
  process.kill(keeper.pid, 'SIGKILL')
  await link.closed
  await eventually('it is gone', () => !isRunning(keeper.pid))
  const next = await startRawKeeper(t, {}, keeper.folder)
  const second = await connectRaw(next)
  second.hello(generation, 1)
  t.match((await second.heard('welcome')).fields, { generation, seq: 3, acked: 1, lastId: 3 })
  await eventually('two are told', () => second.all('exit').length === 2)
  t.same(
    second.all('exit').map(({ fields }) => [fields.seq, fields.code]),
    told.slice(1),
  )
  second.ack(3)
  second.spawn(4, 'exit 4')
  t.match((await second.heard('exit', 4)).fields, { seq: 4 })
})

check('a journal that is cut or altered is read up to there', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  for (let id = 1; id <= 3; id++) link.spawn(id, 'exit 0')
  await eventually('all three', () => link.all('exit').length === 3)
  process.kill(keeper.pid, 'SIGKILL')
  await eventually('it is gone', () => !isRunning(keeper.pid))
  const file = join(keeper.folder, 'exits.0')
  const bytes = readFileSync(file)
  bytes[32 + 128 + 40] ^= 1
  writeFileSync(file, bytes)
  const second = await greeted(await startRawKeeper(t, {}, keeper.folder))
  t.match((await second.heard('welcome')).fields, { seq: 1, acked: 0 })
})
