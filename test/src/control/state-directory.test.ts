import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { prepareStateDirectory, stateDirectory } from '../../../src/control/state-directory.js'

t.test('the state directory is the one asked for, else the environment says', async t => {
  const env = { ESPALIER_STATE_DIR: '/e', XDG_STATE_HOME: '/x', HOME: '/h' }
  t.equal(stateDirectory('/a', env), '/a')
  t.equal(stateDirectory(undefined, env), '/e')
  t.equal(stateDirectory(undefined, { ...env, ESPALIER_STATE_DIR: '' }), '/x/espalier')
  t.equal(stateDirectory(undefined, { HOME: '/h' }), '/h/.local/state/espalier')
  t.match(stateDirectory('relative', env), /^\//)
})

t.test('it is made private, and one that holds other things and is open is left as it is', async t => {
  const directory = join(t.testdir(), 'a', 'state')
  prepareStateDirectory(directory)
  t.equal(statSync(directory).mode & 0o777, 0o700)
  mkdirSync(join(directory, 'logs'))
  chmodSync(directory, 0o755)
  prepareStateDirectory(directory)
  t.equal(statSync(directory).mode & 0o777, 0o700)
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'letter.txt'), '')
  t.throws(() => prepareStateDirectory(directory), { message: /state directory.*letter\.txt.*--state-dir/ })
  t.ok(existsSync(join(directory, 'letter.txt')))
})
