import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { preparePrivateDirectory } from '../../../src/control/directory.js'
import { takeLock } from '../../../src/control/lock.js'
import { runtimeDirectory, runtimePaths } from '../../../src/control/paths.js'

t.test('a second daemon is told the pid of the first', async t => {
  const file = join(t.testdir(), 'daemon.lock')
  const lock = takeLock(file)
  t.ok(lock.isHeld())
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.throws(() => takeLock(file), { name: 'DaemonRunning', pid: process.pid, message: new RegExp(`pid ${process.pid}`) })
  lock.release()
  t.notOk(existsSync(file))
  takeLock(file).release()
})

t.test('a lock whose daemon has died is taken over', async t => {
  const left = [
    JSON.stringify({ pid: process.pid, startTicks: 1 }),
    JSON.stringify({ pid: 2 ** 22, startTicks: 5 }),
    'damaged',
    '{}',
    '',
  ]
  for (const content of left) {
    const dir = t.testdir()
    const file = join(dir, 'daemon.lock')
    writeFileSync(file, content)
    const lock = takeLock(file)
    t.match(JSON.parse(readFileSync(file, 'utf8')), { pid: process.pid })
    t.strictSame(readdirSync(dir), ['daemon.lock'], 'and nothing is left beside it')
    lock.release()
  }
})

t.test('a lock that somebody else took is not released', async t => {
  const file = join(t.testdir(), 'daemon.lock')
  const lock = takeLock(file)
  writeFileSync(file, 'another')
  t.notOk(lock.isHeld())
  lock.release()
  t.ok(existsSync(file))
})

t.test('the runtime directory is the one asked for, else the environment says', async t => {
  const env = { ESPALIER_RUNTIME_DIR: '/e', XDG_RUNTIME_DIR: '/x', HOME: '/h' }
  t.equal(runtimeDirectory('/a', env), '/a')
  t.equal(runtimeDirectory(undefined, env), '/e')
  t.equal(runtimeDirectory(undefined, { ...env, ESPALIER_RUNTIME_DIR: '' }), '/x/espalier')
  t.equal(runtimeDirectory(undefined, { HOME: '/h' }), '/h/.espalier/run')
  t.match(runtimeDirectory('relative', env), /^\//)
})

t.test('a directory too long for a socket is an error that names it', async t => {
  const longest = `/${'d'.repeat(107 - '/control.sock'.length - 1)}`
  t.equal(runtimePaths(longest).controlSocket.length, 107)
  t.throws(() => runtimePaths(`${longest}d`), {
    name: 'RuntimeDirectoryError',
    message: /dddd.*108 bytes.*107.*--runtime-dir/,
  })
})

t.test('the directory is made private, with those above it', async t => {
  const directory = join(t.testdir(), 'a', 'b')
  preparePrivateDirectory(directory)
  t.equal(statSync(directory).mode & 0o777, 0o700)
  preparePrivateDirectory(directory)
})

t.test('an open directory is closed when it is ours alone and is an error when other things are in it', async t => {
  const directory = join(t.testdir(), 'open')
  mkdirSync(directory)
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'daemon.lock'), '')
  preparePrivateDirectory(directory)
  t.equal(statSync(directory).mode & 0o777, 0o700)
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'letter.txt'), '')
  t.throws(() => preparePrivateDirectory(directory), { name: 'RuntimeDirectoryError', message: /letter\.txt/ })
  t.equal(statSync(directory).mode & 0o777, 0o755, 'and stays as it was')
})

t.test('a directory that cannot be made is an error that names it', async t => {
  const file = join(t.testdir({ file: '' }), 'file', 'below')
  t.throws(() => preparePrivateDirectory(file), { name: 'RuntimeDirectoryError', message: /file\/below/ })
})

t.test('a runtime directory where nothing can be made, or that is a file, is an error at once', async t => {
  const file = join(t.testdir({ file: 'not a folder' }), 'file')
  chmodSync(file, 0o600)
  for (const directory of ['/proc/nothing/here', file, join(file, 'below')]) {
    t.throws(() => preparePrivateDirectory(directory), { name: 'RuntimeDirectoryError', message: /--runtime-dir/ })
  }
  const deep = join(t.testdir(), 'a', 'b', 'c')
  preparePrivateDirectory(deep)
  t.equal(statSync(deep).mode & 0o777, 0o700)
})
