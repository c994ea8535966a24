/** The memory of a service in the kernel, where cgroups can be made. */

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { launcherName } from '../../src/launcher/choose.js'
import { CLI_FILE, cli, startCli } from '../support/cli.js'
import { privateFolder } from '../support/folder.js'
import { EATER, lacking } from '../support/groups.js'
import { eventually } from '../support/processes.js'

const SPAWN = './espalier spawn --name'

t.test(
  'the kernel ends what goes over the memory of its service, and who is asked says so',
  { skip: skip() },
  async t => {
    const folder = privateFolder(t)
    writeFileSync(join(folder, 'espalier'), `#!/bin/sh\nexec "${process.execPath}" "${CLI_FILE}" "$@"\n`)
    chmodSync(join(folder, 'espalier'), 0o755)
    writeFileSync(join(folder, 'eater.sh'), EATER)
    writeFileSync(join(folder, 'root.sh'), `${SPAWN} calm -- sleep 100; ${SPAWN} eater -- sh eater.sh; exec sleep 100`)
    // The command line itself takes some sixty megabytes.
    const service = (action: string) =>
      `{ command: sh root.sh, spawn: { mode: dynamic, limits: { total_memory: 256M, memory_action: ${action}, grace: 1s } } }`
    writeFileSync(
      join(folder, 'c.yaml'),
      `services:\n  part: ${service('kill_largest')}\n  whole: ${service('kill_tree')}\n`,
    )
    const running = startCli(t, folder, ['run', '--show-tree', '-c', 'c.yaml'])
    await running.says(/part:eater .*SIGKILL \(oom\)/)
    await running.says(/whole .*\((quota|oom)\)/)
    t.notMatch(running.err() + running.out(), /advisory/)
    t.match((await cli(t, folder, ['why', 'eater'])).out, /reason +oom: the kernel/)
    t.match((await cli(t, folder, ['history', 'part', '--reason', 'oom'])).out, /eater/)
    const { services } = JSON.parse((await cli(t, folder, ['tree', '--json'])).out)
    const part = services.find(({ name }: { name: string }) => name === 'part')
    t.match(JSON.stringify(part), /calm/, 'others of its service live')
    await eventually('its memory is what the kernel counts', async () => {
      const { services } = JSON.parse((await cli(t, folder, ['status', '--json'])).out)
      const { memoryUsed, memorySource } = services.find(({ name }: { name: string }) => name === 'part')
      return memorySource === 'cgroup' && memoryUsed > 0
    })
    t.match((await cli(t, folder, ['status'])).out, /^part .* memory \S+\/256M \(cgroup\)$/m)
    t.match((await cli(t, folder, ['tree'])).out, /^part .* memory \S+\/256M \(cgroup\) /m)
    await eventually('nothing of the other does', async () => {
      return !/whole/.test((await cli(t, folder, ['ps'])).out)
    })
    await cli(t, folder, ['stop'])
    t.match((await running.ended).out, /survivors +0/)
  },
)

t.test('where the kernel is not asked the start says so', async t => {
  const folder = privateFolder(t)
  const limits = '{ total_memory: 64M, memory_action: kill_largest }'
  writeFileSync(join(folder, 'c.yaml'), `services:\n  a: { command: sleep 100, spawn: { limits: ${limits} } }\n`)
  const running = startCli(t, folder, ['run', '-c', 'c.yaml'], { ESPALIER_LAUNCHER: 'portable' })
  await eventually('it says so', () => /advisory here.*tasks, total_memory; espalier doctor/.test(running.err()))
  t.match((await cli(t, folder, ['status'])).out, /^a .* memory \S+\/64M \(rss\)$/m)
  running.child.kill('SIGTERM')
  t.match((await running.ended).out, /survivors +0/)
})

function skip(): string | false {
  return launcherName() === 'portable' ? 'portable mode puts nobody into a group' : lacking('memory')
}
