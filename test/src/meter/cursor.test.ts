import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { PidCursor } from '../../../src/meter/cursor.js'
import { TEST_ENV } from '../../launcher/processes.js'

t.test('until three rounds have said what was given out last, every pid may be new', async t => {
  const cursor = new PidCursor()
  for (const mark of [100, 100]) {
    cursor.move(mark)
    t.notOk(cursor.isKnown)
    t.ok(cursor.hasMoved)
    t.ok(cursor.isNew(5))
  }
  cursor.move(100)
  t.ok(cursor.isKnown)
  t.notOk(cursor.hasMoved)
  t.notOk(cursor.isNew(5))
})

t.test('what was given out in the last two rounds is new, and nothing else', async t => {
  const cursor = new PidCursor()
  for (const mark of [90, 100, 110]) cursor.move(mark)
  t.same(
    [90, 91, 110, 111].map(pid => cursor.isNew(pid)),
    [false, true, true, false],
  )
  cursor.move(110)
  t.same(
    [100, 101, 110].map(pid => cursor.isNew(pid)),
    [false, true, true],
  )
  cursor.move(110)
  t.notOk(cursor.hasMoved)
})

t.test('when pids begin again, the new ones are at both ends', async t => {
  const cursor = new PidCursor()
  for (const mark of [32_000, 32_700, 310]) cursor.move(mark)
  t.same(
    [32_000, 32_001, 32_767, 300, 310, 311].map(pid => cursor.isNew(pid)),
    [false, true, true, true, true, false],
  )
})

t.test('where the kernel does not say, every pid may be new', async t => {
  const cursor = new PidCursor()
  for (const mark of [100, null, 100]) cursor.move(mark)
  t.notOk(cursor.isKnown)
  t.ok(cursor.hasMoved)
  t.ok(cursor.isNew(5))
  cursor.move(100)
  cursor.move(100)
  t.ok(cursor.isKnown, 'three rounds later it is known again')
})

t.test('the pid of a process that was just started is new', async t => {
  const cursor = new PidCursor()
  for (let count = 0; count < 3; count++) cursor.move()
  const child = spawn('true', { stdio: 'ignore', env: TEST_ENV })
  const gone = once(child, 'exit')
  cursor.move()
  t.ok(cursor.isNew(child.pid ?? 0))
  await gone
})
