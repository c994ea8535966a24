import { readFileSync } from 'node:fs'
import t from 'tap'
import { findUser } from '../../../src/os/users.js'

t.test('a user is found by name and by uid, with its home and all its groups', async t => {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(line => line.startsWith('nobody:'))
  if (line === undefined) return t.pass('this host has no nobody')
  const [, , uid, gid, , home] = line.split(':')
  const nobody = await findUser('nobody')
  t.match(nobody, { name: 'nobody', uid: Number(uid), gid: Number(gid), home })
  t.ok(nobody?.groups.includes(Number(gid)))
  t.strictSame(await findUser(uid), nobody)
})

t.test('one that is not there is null, whatever its name looks like', async t => {
  for (const name of ['no-such-user-here', '--help', '4294967294', '']) t.equal(await findUser(name), null)
})
