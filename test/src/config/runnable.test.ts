import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadRunnable } from '../../../src/config/runnable.js'
import { privateFolder } from '../../support/folder.js'

t.test('every user that this host does not know is named at its line and key, with the way out', async t => {
  const file = join(privateFolder(t), 'espalier.yaml')
  const services = ['no-such-user-a', String(userInfo().uid), 'no-such-user-b']
  const text = services.map((user, at) => `  s${at}:\n    command: x\n    user: ${user}\n`).join('')
  writeFileSync(file, `services:\n${text}`)
  const says = (user: string, service: string) =>
    `there is no user "${user}", as whom service ${service} is to run; create it, or name another`
  await t.rejects(loadRunnable(file), {
    name: 'ConfigError',
    problems: [
      { file, line: 4, column: 5, key: 'services.s0.user', message: says('no-such-user-a', 's0') },
      { file, line: 10, column: 5, key: 'services.s2.user', message: says('no-such-user-b', 's2') },
    ],
  })
})

t.test('a config whose users are all there is as it is read', async t => {
  const file = join(privateFolder(t), 'espalier.yaml')
  writeFileSync(file, `services: { web: { command: x, user: ${userInfo().uid} }, other: { command: x } }`)
  t.match(await loadRunnable(file), { services: [{ name: 'web' }, { name: 'other' }] })
})
