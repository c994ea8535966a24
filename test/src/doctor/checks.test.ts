import t from 'tap'
import { type Check, checkHost } from '../../../src/doctor/checks.js'
import { type HostFacts, readHost } from '../../../src/doctor/facts.js'

const able: HostFacts = {
  platform: 'linux',
  release: '6.5.0-1-amd64',
  keeper: 'ready',
  keeperPath: '/opt/espalier-keeper',
  launcher: 'keeper',
  uid: 0,
  canSwitchUsers: true,
  canBeProtected: true,
  seesOthers: true,
  cgroups: [
    {
      version: 2,
      controllers: ['memory', 'pids'],
      handedDown: ['memory', 'pids'],
      directory: '/sys/fs/cgroup',
      isWritable: true,
    },
  ],
  pidMax: 4_194_304,
  openFilesMax: 524_288,
}

function check(name: string, facts: Partial<HostFacts>): Check {
  const found = checkHost({ ...able, ...facts }).find(one => one.name === name)
  if (found === undefined) throw new Error(`no check ${name}`)
  return found
}

t.test('on an able host only what this version does not enforce is less than ok', async t => {
  const less = checkHost(able).filter(({ state }) => state !== 'ok')
  t.same(
    less.map(({ name }) => name),
    ['same user'],
  )
})

t.test('tasks is held where a group that counts them can be made, and keepers join it', async t => {
  const [group] = able.cgroups
  t.equal(check('tasks', {}).state, 'ok')
  t.match(check('tasks', { launcher: 'portable' }), {
    state: 'missing',
    means: /nothing enforces/,
    wayOut: /see keeper/,
  })
  for (const lacking of [[], [{ ...group, isWritable: false }], [{ ...group, handedDown: [] }]]) {
    t.match(check('tasks', { cgroups: lacking }), {
      state: 'missing',
      means: /nothing enforces/,
      wayOut: /see cgroups/,
    })
  }
})

t.test('memory is held where a group that counts it can be made, and keepers join it', async t => {
  const [group] = able.cgroups
  t.match(check('total_memory', {}), { state: 'ok', means: /kill_largest or kill_tree/ })
  t.match(check('total_memory', { launcher: 'portable' }), { state: 'weaker', wayOut: /see keeper/ })
  for (const lacking of [[], [{ ...group, isWritable: false }], [{ ...group, handedDown: ['pids'] }]]) {
    t.match(check('total_memory', { cgroups: lacking }), { state: 'weaker', wayOut: /see cgroups/ })
  }
})

t.test('a service ends at one stroke in version 2 since Linux 5.14, and in version 1 by the freezer', async t => {
  const [group] = able.cgroups
  const freezer = { ...group, version: 1, controllers: ['freezer'], handedDown: ['freezer'] } as const
  t.equal(check('ending', {}).state, 'ok')
  t.match(check('ending', { release: '5.13.0' }), { state: 'weaker', wayOut: /see cgroups/ })
  t.equal(check('ending', { release: '5.13.0', cgroups: [group, freezer] }).state, 'ok')
  t.match(check('ending', { cgroups: [{ ...freezer, isWritable: false }] }), { state: 'weaker' })
  t.match(check('ending', { launcher: 'portable' }), { state: 'weaker', wayOut: /see keeper/ })
})

t.test('each lack is told with the way out', async t => {
  const cases: readonly [string, Partial<HostFacts>, Partial<Check>['state'], RegExp][] = [
    ['keeper', { keeper: 'not_built', launcher: 'portable' }, 'missing', /C compiler/],
    ['keeper', { keeper: 'not_built', launcher: 'portable', platform: 'darwin' }, 'missing', /run on Linux/],
    ['keeper', { keeper: 'not_executable', launcher: 'portable' }, 'missing', /chmod \+x/],
    ['keeper', { launcher: 'portable' }, 'weaker', /unset ESPALIER_LAUNCHER/],
    ['subreaper', { launcher: 'portable' }, 'missing', /see keeper/],
    ['subreaper', { platform: 'darwin' }, 'missing', /run on Linux/],
    ['pidfd', { launcher: 'portable' }, 'weaker', /see keeper/],
    ['peer pidfd', { launcher: 'portable' }, 'missing', /see keeper/],
    ['pidfd', { release: '5.2.9' }, 'weaker', /Linux 5\.3/],
    ['peer pidfd', { release: '6.4.12' }, 'weaker', /Linux 6\.5/],
    ['peer pidfd', { release: 'unknown' }, 'weaker', /Linux 6\.5/],
    ['process table', { seesOthers: false }, 'weaker', /hidepid/],
    ['user switching', { launcher: 'portable' }, 'missing', /see keeper/],
    ['user switching', { uid: 1000, canSwitchUsers: false }, 'missing', /as root/],
    ['cgroups', { cgroups: [] }, 'missing', /mount cgroup v2/],
    ['cgroups', { cgroups: [{ ...able.cgroups[0], isWritable: false }] }, 'missing', /hands down/],
    ['cgroups', { cgroups: [{ ...able.cgroups[0], handedDown: [] }] }, 'missing', /hands down/],
    ['pid_max', { pidMax: 32_768 }, 'weaker', /sysctl -w kernel\.pid_max/],
    ['out of memory', { canBeProtected: false }, 'weaker', /CAP_SYS_RESOURCE/],
    ['open files', { openFilesMax: 1024 }, 'weaker', /LimitNOFILE/],
  ]
  for (const [name, facts, state, wayOut] of cases) t.match(check(name, facts), { state, wayOut }, `${name} ${wayOut}`)
})

t.test('kernels are compared by number, not by letter', async t => {
  for (const release of ['6.5.0', '6.18.44-fc', '10.0.1'])
    t.equal(check('peer pidfd', { release }).state, 'ok', release)
})

t.test('this host is read without complaint', async t => {
  t.match(readHost(), { platform: process.platform, uid: process.getuid?.() ?? -1 })
  for (const one of checkHost(readHost())) t.notMatch(one.means, /undefined|NaN|\n/, one.name)
})
