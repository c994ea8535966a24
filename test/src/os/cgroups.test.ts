import { readFileSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { openTaskGroup } from '../../../src/os/cgroups.js'

t.test('a group is made once, and its number of tasks set as often as asked', async t => {
  const name = `espalier-test-${process.pid}`
  const procs = openTaskGroup(name, 7)
  if (procs === null) {
    t.pass('cgroups that count tasks cannot be made here')
    return
  }
  const group = dirname(procs)
  t.teardown(() => rmdirSync(group))
  t.equal(readFileSync(join(group, 'pids.max'), 'utf8').trim(), '7')
  t.equal(openTaskGroup(name, 9), procs)
  t.equal(readFileSync(join(group, 'pids.max'), 'utf8').trim(), '9')
})
