import t from 'tap'
import { cgroupPlaces } from '../../../src/os/cgroup-places.js'

t.test('a hybrid host has a place in each hierarchy', async t => {
  const mounts = [
    '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
    '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
    '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd',
    '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    '',
  ]
  const own = '9:name=systemd:/\n4:memory:/jobs/7\n2:cpu,cpuacct:/\n0::/\n'
  t.same(cgroupPlaces(mounts.join('\n'), own), [
    { version: 1, controllers: ['memory'], directory: '/sys/fs/cgroup/memory/jobs/7' },
    { version: 1, controllers: ['cpu', 'cpuacct'], directory: '/sys/fs/cgroup/cpu,cpuacct' },
    { version: 2, controllers: [], directory: '/sys/fs/cgroup/unified' },
  ])
})

t.test('a mount of a part of the hierarchy is not entered twice', async t => {
  const mounted = (root: string) => `30 20 0:26 ${root} /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate`
  const own = '0::/docker/abc/app\n'
  t.match(cgroupPlaces(mounted('/docker/abc'), own), [{ directory: '/sys/fs/cgroup/app' }])
  t.match(cgroupPlaces(mounted('/docker/abc/app'), own), [{ directory: '/sys/fs/cgroup' }])
  t.match(cgroupPlaces(mounted('/elsewhere'), own), [{ directory: '/sys/fs/cgroup' }], 'ours lies outside the mount')
})

t.test('no control groups are no places', async t => {
  t.same(cgroupPlaces('', ''), [])
  t.same(cgroupPlaces('garbage\n- - -\n', ':::\n'), [])
})
