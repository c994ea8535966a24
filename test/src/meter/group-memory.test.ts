import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readGroupMemory } from '../../../src/meter/group-memory.js'
import { readKernelUnits } from '../../../src/os/units.js'
import { TEST_ENV } from '../../launcher/processes.js'
import { privateFolder } from '../../support/folder.js'
import { lacking, testGroups } from '../../support/groups.js'
import { eventually } from '../../support/processes.js'

const MIB = 2 ** 20

t.test('a group of version 2 holds what it counts but the cache of files', async t => {
  const folder = privateFolder(t)
  const files = {
    'cgroup.procs': '12\n',
    'memory.current': '9000\n',
    'memory.stat': 'anon 1000\nfile 5000\nactive_file 3000\ninactive_file 1500\nshmem 500\nslab_reclaimable 7\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  t.equal(readGroupMemory(folder), 4500)
  writeFileSync(join(folder, 'memory.current'), '4000\n')
  t.equal(readGroupMemory(folder), 0, 'a cache that has grown between two reads is no memory below nothing')
})

t.test('a group of version 1 does too, with the groups below it', async t => {
  const folder = privateFolder(t)
  const files = {
    'cgroup.procs': '12\n',
    'memory.usage_in_bytes': '9000\n',
    'memory.stat': 'active_file 1\ninactive_file 2\ntotal_rss 1000\ntotal_active_file 3000\ntotal_inactive_file 1500\n',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  t.equal(readGroupMemory(folder), 4500)
})

t.test('a group in which nobody is says nothing, nor does one that is gone or counts no memory', async t => {
  const folder = join(privateFolder(t), 'g')
  mkdirSync(folder)
  writeFileSync(join(folder, 'cgroup.procs'), '')
  writeFileSync(join(folder, 'memory.current'), '9000\n')
  writeFileSync(join(folder, 'memory.stat'), '')
  t.equal(readGroupMemory(folder), null)
  writeFileSync(join(folder, 'cgroup.procs'), '12\n')
  t.equal(readGroupMemory(folder), 9000)
  rmSync(join(folder, 'memory.current'))
  t.equal(readGroupMemory(folder), null)
  rmSync(folder, { recursive: true })
  t.equal(readGroupMemory(folder), null)
})

t.test(
  'a real group counts what its process takes, and not the file that it reads',
  { skip: lacking('memory') },
  async t => {
    const { memory, procs } = testGroups(t, { tasks: 100, memoryBytes: null })
    const file = join(privateFolder(t), 'file')
    writeFileSync(file, Buffer.alloc(64 * MIB, 1))
    const script = `
    for (const file of ${JSON.stringify(procs)}) require('node:fs').writeFileSync(file, '0')
    globalThis.kept = Buffer.alloc(${128 * MIB}, 1)
    require('node:fs').readFileSync(${JSON.stringify(file)})
    globalThis.gc()
    process.send('taken')
    setInterval(() => undefined, 1e6)`
    const child = spawn(process.execPath, ['--expose-gc', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: TEST_ENV,
    })
    const gone = once(child, 'exit')
    t.teardown(async () => {
      child.kill('SIGKILL')
      await gone
    })
    await once(child, 'message')
    const bytes = () => readGroupMemory(memory ?? '') ?? 0
    await eventually('what it took is counted', () => bytes() > 128 * MIB)
    // The text that it read has been freed, and its pages in the cache belong to whoever wrote them or can be given up.
    await eventually('and no more than that', () => bytes() < 128 * MIB + 64 * MIB)
    t.ok(bytes() % readKernelUnits().pageBytes === 0)
  },
)
