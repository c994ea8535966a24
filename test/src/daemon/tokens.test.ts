import t from 'tap'
import { TOKEN_LENGTH } from '../../../protocol/wire/requests.js'
import { createProcessBook } from '../../../src/daemon/book.js'
import { childEnvironment, rootEnvironment } from '../../../src/daemon/environment.js'
import type { ManagedProcess } from '../../../src/daemon/process.js'
import { createTokenTable } from '../../../src/daemon/tokens.js'

function processOf(pid: number, parentPid: number | null, service = 'svc'): ManagedProcess {
  return {
    service,
    name: `p${pid}`,
    pid,
    startTicks: pid,
    parentPid,
    depth: 0,
    command: 'c',
    startedAt: 0,
    ttlMs: null,
    state: 'running',
    cpuPercent: null,
    rssBytes: null,
    exited: new Promise(() => undefined),
  }
}

t.test('a token names one process, and nobody once that has ended', async t => {
  const table = createTokenTable()
  const one = table.issue()
  const two = table.issue()
  t.match(one.token, new RegExp(`^[0-9a-f]{${TOKEN_LENGTH}}$`))
  t.not(one.token, two.token)
  const process = processOf(1, null)
  one.bind(process)
  t.equal(await table.find(one.token), process)
  t.equal(await table.find('0'.repeat(TOKEN_LENGTH)), null)
  one.drop()
  t.equal(await table.find(one.token), null)
  two.drop()
  t.equal(table.size, 0)
})

t.test('a process that asks before it was registered waits for that', async t => {
  const table = createTokenTable()
  const early = table.issue()
  const found = table.find(early.token)
  const process = processOf(1, null)
  early.bind(process)
  t.equal(await found, process)
  const never = table.issue()
  const lost = table.find(never.token)
  never.drop()
  t.equal(await lost, null)
})

t.test('the book knows who is at or below whom, in one service', async t => {
  const book = createProcessBook()
  const root = processOf(1, null)
  const child = processOf(2, 1)
  const grandchild = processOf(3, 2)
  for (const process of [root, child, grandchild, processOf(4, 1), processOf(5, null, 'other')]) book.add(process)
  t.ok(book.isAtOrBelow(1, root))
  t.ok(book.isAtOrBelow(3, root))
  t.ok(book.isAtOrBelow(3, child))
  t.notOk(book.isAtOrBelow(1, child), 'not above')
  t.notOk(book.isAtOrBelow(4, child), 'not beside')
  t.notOk(book.isAtOrBelow(5, root), 'not in another service')
  t.notOk(book.isAtOrBelow(99, root))
  child.parentPid = 3
  t.notOk(book.isAtOrBelow(2, root), 'and a circle ends')
  t.equal(book.peak, 5)
  book.remove(root)
  t.equal(book.living('svc').length, 3)
  t.equal(book.launched.get(1), 1, 'who lived once is remembered')
})

t.test('a used pid belongs to the later process', async t => {
  const book = createProcessBook()
  const old = processOf(7, null)
  const later = processOf(7, null)
  book.add(old)
  book.add(later)
  book.remove(old)
  t.equal(book.find(7), later)
})

const own = { socket: '/s', service: 'svc', token: 'tok', depth: 2, parentPid: 9 }

t.test('a root gets the base environment, its own, and what is ours', async t => {
  const daemon = { PATH: '/p', HOME: '/h', SECRET: 's', ESPALIER_RUNTIME_DIR: '/r', TZ: 'UTC' }
  t.strictSame(rootEnvironment(daemon, { A: '1', HOME: '/mine', ESPALIER_TOKEN: 'forged' }, own), {
    PATH: '/p',
    HOME: '/mine',
    TZ: 'UTC',
    A: '1',
    ESPALIER_SOCKET: '/s',
    ESPALIER_SERVICE: 'svc',
    ESPALIER_TOKEN: 'tok',
    SPAWN_DEPTH: '2',
    SPAWN_PARENT_PID: '9',
  })
  t.match(rootEnvironment({}, {}, own).PATH, /\/bin/, 'and a PATH always')
})

t.test('a child gets what its asker sent, less what is ours, and never its token', async t => {
  const env = childEnvironment({ A: '1', ESPALIER_TOKEN: 'parent', ESPALIER_OTHER: 'x', SPAWN_DEPTH: '0' }, own)
  t.strictSame(env, {
    A: '1',
    SPAWN_DEPTH: '2',
    ESPALIER_SOCKET: '/s',
    ESPALIER_SERVICE: 'svc',
    ESPALIER_TOKEN: 'tok',
    SPAWN_PARENT_PID: '9',
  })
})
