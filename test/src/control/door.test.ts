/** The door: who comes in is known, what was said is answered, and a door that is lost is replaced. */

import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { answer } from '../../../protocol/wire/answers.js'
import type { Handler } from '../../../src/control/connection.js'
import { type DoorOptions, openDoor, type Visitor } from '../../../src/control/door.js'
import { hasKeeper } from '../../../src/keeper/program.js'
import { privateFolder } from '../../support/folder.js'
import { eventually } from '../../support/processes.js'

const PING = '{"v":1,"kind":"ping"}\n'
const STOP = '{"v":1,"kind":"stop","service":null}\n'

interface Opened {
  readonly path: string
  readonly folder: string
  readonly visitors: Visitor[]
  readonly troubles: string[]
  close(): Promise<void>
}

async function open(t: Test): Promise<Opened> {
  const folder = privateFolder(t)
  const visitors: Visitor[] = []
  const troubles: string[] = []
  const serve: DoorOptions['serve'] = visitor => {
    visitors.push(visitor)
    return { allowed: ['ping'], asker: 'you', handle: (_, reply) => reply.send(answer('pong', { pid: 7 })) }
  }
  const path = join(folder, 'control.sock')
  const door = await openDoor({ path, serve, onTrouble: message => troubles.push(message) })
  t.teardown(() => door.close())
  return { path, folder, visitors, troubles, close: () => door.close() }
}

/** What is answered to somebody who has said all and closed that side. '' also for one who is not let in. */
function ask(path: string, bytes: string): Promise<string> {
  return new Promise(settle => {
    let text = ''
    const socket = connect(path, () => socket.end(bytes))
    socket.on('data', part => {
      text += part
    })
    socket.on('error', () => undefined).on('close', () => settle(text))
  })
}

/** Doors of this directory that run. */
function doorsOf(folder: string): number[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.map(Number).filter(pid => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(`--door\0${folder}\0`)
    } catch (error) {
      if (error instanceof Error && 'syscall' in error) return false
      throw error
    }
  })
}

function check(title: string, body: (t: Test) => Promise<unknown>): void {
  t.test(title, async t => {
    if (hasKeeper()) await body(t)
    else t.pass('no keeper was built')
  })
}

check('who lives in no service is outside, with its pid, and is answered on a half-closed connection', async t => {
  const { path, visitors } = await open(t)
  t.match(await ask(path, PING), /"kind":"pong","pid":7|"pid":7/)
  t.same(visitors, [{ where: 'outside', service: '', pid: process.pid }])
  t.match(await ask(path, STOP), /stop is not answered to you: it takes ping/)
})

check('a visitor who does not read what it is told holds up nobody else', async t => {
  const path = join(privateFolder(t), 'control.sock')
  const told = answer('failed', { code: 'failed', message: 'x'.repeat(1 << 20) })
  let asked = 0
  const handle: Handler = (_, reply) => {
    asked++
    return reply.send(told)
  }
  const door = await openDoor({ path, serve: () => ({ allowed: ['ping'], handle }), onTrouble: () => undefined })
  t.teardown(() => door.close())
  const idle = connect(path, () => idle.write(PING)).pause()
  t.teardown(() => idle.destroy())
  await eventually('it was told', () => asked === 1)
  t.equal((await ask(path, PING)).length, JSON.stringify(told).length + 1)
})

check('many who come at once are all answered', async t => {
  const { path, visitors } = await open(t)
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(path, PING)))
  t.ok(answers.every(text => text.includes('"pid":7')))
  t.equal(visitors.length, 200)
})

check('a door that is lost is told and replaced; a closed one leaves neither process nor socket', async t => {
  const { path, folder, troubles, close } = await open(t)
  const [pid] = doorsOf(folder)
  process.kill(pid, 'SIGKILL')
  await eventually('the loss is told', () => troubles.length > 0)
  t.match(troubles[0], /the door of .* ended \(SIGKILL\)/)
  await eventually('another one stands', async () => (await ask(path, PING)).includes('"pid":7'))
  t.not(doorsOf(folder)[0], pid)
  await close()
  t.same(doorsOf(folder), [])
  t.notOk(readdirSync(folder).includes('control.sock'))
})
