/** The kernel's cap on the tasks of a service, where cgroups can be made. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { groupsLeft, lacking } from '../support/groups.js'
import { eventually } from '../support/processes.js'

const TASKS = 20

t.test('a service that forks without end stops at its tasks, another does not notice', { skip: skip() }, async t => {
  const folder = privateFolder(t)
  const bomb = 'i=0; while [ $i -lt 200 ]; do sleep 100 & i=$((i+1)); done; wait'
  const text = `services:
  bomb: { command: [sh, -c, '${bomb}'], spawn: { limits: { tasks: ${TASKS}, grace: 1s } } }
  calm: { command: [sh, -c, 'echo group=$(grep pids /proc/self/cgroup || tail -1 /proc/self/cgroup); exec sleep 100'] }
`
  writeFileSync(join(folder, 'c.yaml'), text)
  const running = startCli(t, folder, ['run', '-c', 'c.yaml'])
  await eventually('the kernel refuses', () => /[Cc]annot fork/.test(running.err() + running.out()))
  const [, group] = await running.says(/group=\S*?:(\/\S*)/)
  t.match(group, /espalier-[0-9a-f]{12}-calm$/, 'each service has a group of its own')
  const { services } = JSON.parse((await cli(t, folder, ['tree', '--json'])).out)
  t.ok(services.find(({ name }: { name: string }) => name === 'bomb').tree.length <= TASKS)
  t.equal(services.find(({ name }: { name: string }) => name === 'calm').state, 'running')
  await cli(t, folder, ['stop'])
  t.match((await running.ended).out, /survivors +0/)
  const name = group.slice(group.lastIndexOf('/') + 1)
  t.same(groupsLeft(name), [], 'its groups are gone with it')
})

function skip(): string | false {
  return launcherName() === 'portable' ? 'portable mode puts nobody into a group' : lacking('tasks')
}
