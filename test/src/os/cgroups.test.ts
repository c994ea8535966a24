import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { CgroupPlace } from '../../../src/os/cgroup-places.js'
import { openGroups } from '../../../src/os/cgroups.js'
import { privateFolder } from '../../support/folder.js'
import { lacking } from '../../support/groups.js'

const MIB = 1024 * 1024

t.test('a group is made once, and its number of tasks set as often as asked', { skip: lacking('tasks') }, async t => {
  const name = `espalier-test-${process.pid}`
  const made = openGroups(name, { tasks: 7, memoryBytes: null })
  t.teardown(() => {
    for (const one of made.procs) rmdirSync(dirname(one))
  })
  const tasks = () => made.procs.map(one => join(dirname(one), 'pids.max')).filter(existsSync)
  t.same(tasks().map(read), ['7'])
  t.same(openGroups(name, { tasks: 9, memoryBytes: null }), made)
  t.same(tasks().map(read), ['9'])
})

t.test('a limit of memory is set, raised, lowered and lifted in the kernel', { skip: lacking('memory') }, async t => {
  const name = `espalier-test-${process.pid}-memory`
  const limit = (memoryBytes: number | null) => {
    const { procs, memory } = openGroups(name, { tasks: 7, memoryBytes })
    const file = join(
      memory ?? '',
      existsSync(join(memory ?? '', 'memory.max')) ? 'memory.max' : 'memory.limit_in_bytes',
    )
    return { procs, bytes: read(file) }
  }
  t.teardown(() => {
    for (const one of limit(null).procs) rmdirSync(dirname(one))
  })
  for (const mib of [64, 128, 32]) t.equal(limit(mib * MIB).bytes, String(mib * MIB))
  t.match(limit(null).bytes, /^(max|9\d{18})$/)
  t.equal(limit(0).bytes, String(MIB), 'less than any program needs is not asked for')
})

t.test('in version 2 one group has it all, without swap, and ends whole where that is wanted', async t => {
  const { place, folder } = fakePlace(t, [
    'pids.max',
    'memory.max',
    'memory.swap.max',
    'memory.oom.group',
    'cgroup.kill',
  ])
  t.same(openGroups('g', { tasks: 5, memoryBytes: 64 * MIB, isEndedWhole: true }, [place]), {
    procs: [join(folder, 'cgroup.procs')],
    holdsTasks: true,
    memory: folder,
  })
  const values = () =>
    ['pids.max', 'memory.max', 'memory.swap.max', 'memory.oom.group'].map(one => read(join(folder, one)))
  t.same(values(), ['5', String(64 * MIB), '0', '1'])
  openGroups('g', { tasks: 5, memoryBytes: null, isEndedWhole: true }, [place])
  t.same(values(), ['5', 'max', 'max', '0'])
  t.same(
    readFileSync(join(dirname(folder), 'cgroup.subtree_control'), 'utf8'),
    '+memory',
    'its controllers are asked for',
  )
})

t.test('a group of version 2 without controllers serves to end a service, and is joined for that alone', async t => {
  const { place, folder } = fakePlace(t, ['cgroup.kill'])
  const groups = openGroups('g', { tasks: 5, memoryBytes: 64 * MIB }, [place])
  t.same(groups, { procs: [join(folder, 'cgroup.procs')], holdsTasks: false, memory: null })
})

t.test('the freezer is taken only where no group can be ended at a stroke', async t => {
  const able = fakePlace(t, ['cgroup.kill'])
  const freezer = fakePlace(t, ['freezer.state'], { version: 1, controllers: ['freezer'] })
  const taken = (places: readonly CgroupPlace[]) => openGroups('g', { tasks: 5, memoryBytes: null }, places).procs
  t.same(taken([freezer.place]), [join(freezer.folder, 'cgroup.procs')])
  t.same(taken([freezer.place, able.place]), [join(able.folder, 'cgroup.procs')])
})

t.test(
  'nothing is made in a hierarchy that is for something else, and nothing is held where nothing may be made',
  async t => {
    const folder = privateFolder(t)
    const cpu: CgroupPlace = { version: 1, controllers: ['cpu'], directory: folder }
    const gone: CgroupPlace = { version: 2, controllers: [], directory: '/dev/null/none' }
    t.same(openGroups('g', { tasks: 5, memoryBytes: 1 }, [cpu, gone]), { procs: [], holdsTasks: false, memory: null })
    t.notOk(existsSync(join(folder, 'g')))
  },
)

/** A folder that looks like a group `g` with these files, below another. */
function fakePlace(
  t: Parameters<typeof privateFolder>[0],
  files: readonly string[],
  over: Partial<CgroupPlace> = {},
): { readonly place: CgroupPlace; readonly folder: string } {
  const directory = privateFolder(t)
  const folder = join(directory, 'g')
  mkdirSync(folder)
  writeFileSync(join(directory, 'cgroup.subtree_control'), '')
  for (const file of files) writeFileSync(join(folder, file), '')
  return { place: { version: 2, controllers: [], directory, ...over }, folder }
}

function read(path: string): string {
  return readFileSync(path, 'utf8').trim()
}
