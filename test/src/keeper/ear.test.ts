import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { openEar, spawnSocketIn } from '../../../src/keeper/ear.js'
import { privateFolder } from '../../support/folder.js'

t.test('the socket lies in the keeper’s folder until it is opened to a user, and then where all may pass', async t => {
  const [folder, run] = [privateFolder(t), privateFolder(t)]
  t.equal(spawnSocketIn(folder), join(folder, 'spawn.sock'))
  openEar(folder, '..', 12, run)
  const socket = spawnSocketIn(folder)
  t.equal(dirname(dirname(socket)), run)
  t.match(socket, /\/espalier-[0-9a-f]{12}\/s-\.\.\.sock$/)
  t.equal(statSync(dirname(socket)).mode & 0o777, 0o711)
  t.equal(readFileSync(join(folder, 'ear'), 'utf8'), `12 ${socket}\n`)
  t.equal(statSync(join(folder, 'ear')).mode & 0o777, 0o600)
})

t.test('opened again, to the same user or another, it stays where it is', async t => {
  const [folder, run] = [privateFolder(t), privateFolder(t)]
  openEar(folder, 'svc', 12, run)
  const socket = spawnSocketIn(folder)
  rmdirSync(dirname(socket))
  openEar(folder, 'svc', 12, run)
  openEar(folder, 'svc', 13, '/no/such')
  t.equal(spawnSocketIn(folder), socket)
  t.equal(readFileSync(join(folder, 'ear'), 'utf8'), `13 ${socket}\n`)
})

t.test('a directory that others may write in, or that leads elsewhere, is refused by name', async t => {
  const [folder, run] = [privateFolder(t), privateFolder(t)]
  openEar(folder, 'svc', 12, run)
  const passage = dirname(spawnSocketIn(folder))
  chmodSync(passage, 0o713)
  const refused = { code: 'unavailable', message: /service svc cannot reach .*others may write in it; remove it/ }
  t.throws(() => openEar(folder, 'svc', 12, run), refused)
  rmdirSync(passage)
  const elsewhere = join(run, 'elsewhere')
  mkdirSync(elsewhere)
  symlinkSync(elsewhere, passage)
  t.throws(() => openEar(folder, 'svc', 12, run), refused)
  const other = privateFolder(t)
  t.throws(() => openEar(other, 'svc', 12, '/no/such'), { code: 'unavailable', message: /ENOENT/ })
  t.same(readdirSync(other), [])
})
