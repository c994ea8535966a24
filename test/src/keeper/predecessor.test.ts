import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { endPredecessor } from '../../../src/keeper/predecessor.js'
import { readIdentity } from '../../../src/os/process.js'
import { privateFolder } from '../../support/folder.js'

t.test('only the very process that the lock names is told to end', async t => {
  const folder = privateFolder(t)
  const child = spawn('sleep', ['300'], { stdio: 'ignore', env: {} })
  t.teardown(() => child.kill('SIGKILL'))
  const pid = child.pid ?? 0
  const startTicks = readIdentity(pid)?.startTicks ?? 0
  const lock = (text: string) => writeFileSync(join(folder, 'lock'), text)
  t.equal(endPredecessor(folder), false, 'there is no lock')
  const others = ['', 'x', `${pid}\n`, `-${pid} ${startTicks} 1\n`, `0 ${startTicks} 1\n`, `${pid} ${startTicks} 1`]
  for (const text of [...others, `${pid} ${startTicks + 1} 1\n`, `${pid} ${startTicks} 1\n${pid} 0 1\n`]) {
    lock(text)
    t.equal(endPredecessor(folder), false, JSON.stringify(text))
  }
  t.equal(child.signalCode, null)
  lock(`${pid} ${startTicks} 1\n`)
  const exit = once(child, 'exit')
  t.equal(endPredecessor(folder), true)
  t.same(await exit, [null, 'SIGTERM'])
  t.equal(endPredecessor(folder), false, 'it has ended')
})
