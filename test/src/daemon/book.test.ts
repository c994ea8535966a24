import t from 'tap'
import { createProcessBook } from '../../../src/daemon/book.js'
import type { ManagedProcess } from '../../../src/daemon/process.js'

const process = (startTicks: number) => ({ service: 'svc', pid: 7, startTicks, parentPid: null }) as ManagedProcess

/** Longer than any test runs. */
const LONG_MS = 100_000

t.test('a process that is quicker than its registration is waited for, though an older one has its pid', async t => {
  const book = createProcessBook()
  book.add(process(10))
  t.match(await book.registered(7, 10, LONG_MS), { startTicks: 10 })
  t.match(await book.registered(7, 9, LONG_MS), { startTicks: 10 }, 'an older one will not come any more')
  const waiting = book.registered(7, 11, LONG_MS)
  book.add(process(11))
  t.match(await waiting, { startTicks: 11 })
})

t.test('one that never comes is none', async t => {
  t.equal(await createProcessBook().registered(7, 11, 0), null)
})
