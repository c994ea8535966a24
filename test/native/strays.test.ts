/** Processes of a keeper that was killed, on the spawn socket of the one that follows. Here the test itself is one. */

import { connect } from 'node:net'
import { join } from 'node:path'
import { encodeCommand, encodeStrays } from '../../protocol/keeper/frames.js'
import { KEEPER_FLAGS } from '../../protocol/keeper/messages.js'
import { readIdentity } from '../../src/os/process.js'
import { checkKeeper, greeted, startRawKeeper } from '../support/keeper.js'

const startTicks = readIdentity(process.pid)?.startTicks ?? 0

checkKeeper('one that the daemon names is heard, and named by its own pid', async t => {
  const keeper = await startRawKeeper(t)
  const link = await greeted(keeper)
  link.send(encodeCommand('take', 0, {}, encodeStrays([{ pid: process.pid, startTicks }])))
  link.signal(1, [0], 0)
  await link.heard('signalled', 1)
  const socket = connect(join(keeper.folder, 'spawn.sock'), () => socket.write('{}\n'))
  t.match(await link.heard('ask'), { fields: { anchorId: process.pid, how: KEEPER_FLAGS.how_stray, hops: 0 } })
  socket.destroy()
})

checkKeeper(
  'one that has the pid of a named one, and not its start ticks, is a stranger: a pid comes back',
  async t => {
    const keeper = await startRawKeeper(t)
    const link = await greeted(keeper)
    link.send(encodeCommand('take', 0, {}, encodeStrays([{ pid: process.pid, startTicks: startTicks - 1 }])))
    link.signal(1, [0], 0)
    await link.heard('signalled', 1)
    const socket = connect(join(keeper.folder, 'spawn.sock'), () => socket.write('{}\n'))
    let text = ''
    for await (const part of socket) text += part
    t.match(text, /"code":"outside"/)
    t.same(link.all('ask'), [])
  },
)
