/** What a host can enforce, what is advisory there, and how to get more: judged from its facts. */

import type { Cgroup } from '../os/cgroup-places.js'
import type { HostFacts } from './facts.js'

/** `ok`: enforced. `weaker`: less than could be. `missing`: not at all. */
export type CheckState = 'ok' | 'weaker' | 'missing'

export interface Check {
  readonly name: string
  readonly state: CheckState
  /** What it means for services here. */
  readonly means: string
  /** How to get more; null where there is nothing to get, or no way. */
  readonly wayOut: string | null
}

/** What Linux has had since when. */
const KERNEL = { subreaper: [3, 4], pidfd: [5, 3], groupKill: [5, 14], peerPidfd: [6, 5] } as const

/** The meter keeps up to 8192 descriptors open; the same again is for pipes and links. */
const OPEN_FILES_ENOUGH = 16_384

/** The kernel's default on small machines: a pid comes back soon. */
const PID_MAX_SMALL = 32_768

/** Every check, in the order in which they are shown. */
export function checkHost(facts: HostFacts): readonly Check[] {
  return [
    keeper(facts),
    subreaper(facts),
    pidfd(facts),
    peerPidfd(facts),
    processTable(facts),
    userSwitching(facts),
    cgroups(facts),
    tasks(facts),
    totalMemory(facts),
    outOfMemory(facts),
    ending(facts),
    pidMax(facts),
    openFiles(facts),
    SAME_USER,
  ]
}

const SAME_USER: Check = {
  name: 'same user',
  state: 'weaker',
  means: 'processes of one user can signal and trace each other, read each other, and reach the control socket',
  wayOut: 'give services that do not trust each other a `user` each, under a daemon of root',
}

function keeper({ keeper, keeperPath, launcher, platform }: HostFacts): Check {
  const portable =
    'portable mode: a fork that leaves its process group is not found, and a daemon that dies keeps nothing'
  const name = 'keeper'
  if (launcher === 'keeper') {
    return {
      name,
      state: 'ok',
      means: `each service has a keeper that outlives the daemon: ${keeperPath}`,
      wayOut: null,
    }
  }
  if (keeper === 'ready') return { name, state: 'weaker', means: portable, wayOut: 'unset ESPALIER_LAUNCHER' }
  const build = platform === 'linux' ? 'build where there is a C compiler (npm run build)' : 'run on Linux'
  const wayOut = keeper === 'not_built' ? build : `make it executable: chmod +x ${keeperPath}`
  return { name, state: 'missing', means: portable, wayOut }
}

function subreaper(facts: HostFacts): Check {
  const name = 'subreaper'
  if (!isSince(facts, KERNEL.subreaper)) {
    return { name, state: 'missing', means: 'orphans are lost', wayOut: 'run on Linux 3.4 or later' }
  }
  if (facts.launcher === 'keeper') {
    return {
      name,
      state: 'ok',
      means: 'orphans come back to the keeper of their service and end with it',
      wayOut: null,
    }
  }
  return { name, state: 'missing', means: 'without keepers orphans come back to nobody', wayOut: 'see keeper' }
}

const LOOKED_AT = 'a process is looked at just before it is signalled; its pid could change hands between the two'

function pidfd(facts: HostFacts): Check {
  const name = 'pidfd'
  if (facts.launcher === 'portable') return { name, state: 'weaker', means: LOOKED_AT, wayOut: 'see keeper' }
  if (isSince(facts, KERNEL.pidfd)) {
    return {
      name,
      state: 'ok',
      means: 'a process is held while it is signalled: nobody who got its pid is hit',
      wayOut: null,
    }
  }
  return { name, state: 'weaker', means: LOOKED_AT, wayOut: 'run on Linux 5.3 or later' }
}

function peerPidfd(facts: HostFacts): Check {
  const name = 'peer pidfd'
  if (facts.launcher === 'portable') {
    const means = 'who asks for a spawn is known by a token, which every process of its user can read'
    return { name, state: 'missing', means, wayOut: 'see keeper' }
  }
  if (isSince(facts, KERNEL.peerPidfd)) {
    return { name, state: 'ok', means: 'who asks for a spawn is held by the kernel until it is answered', wayOut: null }
  }
  const means = 'who asks for a spawn is known by pid and start ticks, read after it has connected'
  return { name, state: 'weaker', means, wayOut: 'run on Linux 6.5 or later' }
}

function processTable({ seesOthers }: HostFacts): Check {
  const name = 'process table'
  if (seesOthers) return { name, state: 'ok', means: 'forks that nobody asked for can be found', wayOut: null }
  const means = 'processes of other users cannot be seen: forks that changed their user are not found'
  return { name, state: 'weaker', means, wayOut: 'run as root, or mount /proc without hidepid' }
}

function userSwitching({ uid, canSwitchUsers, launcher }: HostFacts): Check {
  const name = 'user switching'
  if (launcher === 'portable') {
    return { name, state: 'missing', means: 'portable mode refuses a service with a `user`', wayOut: 'see keeper' }
  }
  if (canSwitchUsers) return { name, state: 'ok', means: 'services can run as a `user` of their own', wayOut: null }
  const means = `all services run as the user of the daemon (uid ${uid} here): \`user\` may name no other`
  return { name, state: 'missing', means, wayOut: 'run the daemon as root, with CAP_SETUID and CAP_SETGID' }
}

function cgroups({ cgroups }: HostFacts): Check {
  const name = 'cgroups'
  const useful = cgroups.filter(({ version, controllers }) => version === 2 || controllers.some(isUseful))
  if (useful.length === 0) {
    return { name, state: 'missing', means: 'the kernel has none here', wayOut: 'mount cgroup v2 with pids and memory' }
  }
  const means = useful.map(describeCgroup).join('; ')
  if (cgroups.some(one => hands(one, 'pids'))) return { name, state: 'ok', means, wayOut: null }
  const wayOut = 'run as root, or in a group of your own that hands down pids and memory'
  return { name, state: 'missing', means: `none in which tasks could be counted: ${means}`, wayOut }
}

function isUseful(controller: string): boolean {
  return controller === 'pids' || controller === 'memory' || controller === 'freezer'
}

/** A group for a service could be made there, and the kernel would count this in it. */
function hands({ isWritable, handedDown }: Cgroup, controller: 'pids' | 'memory' | 'freezer'): boolean {
  return isWritable && handedDown.includes(controller)
}

function tasks({ cgroups, launcher }: HostFacts): Check {
  const name = 'tasks'
  const isHeld = cgroups.some(one => hands(one, 'pids'))
  if (isHeld && launcher === 'keeper') {
    return {
      name,
      state: 'ok',
      means: 'the kernel refuses a fork past `tasks` in services of the daemon',
      wayOut: null,
    }
  }
  const means = 'nothing enforces `tasks`: a fork that nobody asked for is found and counted, not refused'
  const outside = '`strict: true` ends such forks when found, and TasksMax= of systemd limits all together'
  return { name, state: 'missing', means, wayOut: `see ${isHeld ? 'keeper' : 'cgroups'}; else ${outside}` }
}

function totalMemory({ cgroups, launcher }: HostFacts): Check {
  const name = 'total_memory'
  const isHeld = cgroups.some(one => hands(one, 'memory'))
  if (isHeld && launcher === 'keeper') {
    const means =
      'the kernel counts it in services of the daemon, and holds it with `memory_action` kill_largest or kill_tree; with ' +
      'deny and kill_newest it is looked at every 500 ms'
    return { name, state: 'ok', means, wayOut: null }
  }
  const means =
    'added up from its processes every 500 ms, not held by the kernel: a service can pass it for that long before `memory_action` acts'
  const outside = 'limit all together from outside (MemoryMax= of systemd, a memory limit of a container)'
  return { name, state: 'weaker', means, wayOut: `see ${isHeld ? 'keeper' : 'cgroups'}; else ${outside}` }
}

function outOfMemory({ canBeProtected, launcher }: HostFacts): Check {
  const name = 'out of memory'
  if (launcher === 'portable') {
    const means = 'when memory runs out the kernel chooses among the daemon and its services by size alone'
    return { name, state: 'weaker', means, wayOut: 'see keeper' }
  }
  if (canBeProtected) {
    const means =
      'when memory runs out keepers are killed last (oom_score_adj -900); their services are as likely as without one'
    return { name, state: 'ok', means, wayOut: null }
  }
  const means =
    'when memory runs out services are killed before their keepers, by an oom_score_adj 100 above: before others of this host too'
  return { name, state: 'weaker', means, wayOut: 'run the daemon as root, or with CAP_SYS_RESOURCE' }
}

function ending(facts: HostFacts): Check {
  const { cgroups, launcher } = facts
  const name = 'ending'
  if (launcher === 'portable') {
    return {
      name,
      state: 'weaker',
      means: 'process groups are ended, and what left them runs on',
      wayOut: 'see keeper',
    }
  }
  const isAtOnce = cgroups.some(
    one => one.isWritable && (hands(one, 'freezer') || (one.version === 2 && isSince(facts, KERNEL.groupKill))),
  )
  if (isAtOnce) return { name, state: 'ok', means: 'the kernel ends all of a service at one stroke', wayOut: null }
  const means = 'all of a service is stopped and killed process by process, until the kernel says that none is left'
  return { name, state: 'weaker', means, wayOut: 'see cgroups' }
}

function describeCgroup({ version, controllers, directory, isWritable }: Cgroup): string {
  const has = controllers.length === 0 ? 'no controllers' : controllers.join(' ')
  return `v${version} ${has} at ${directory} (${isWritable ? 'writable' : 'not writable'})`
}

function pidMax({ pidMax }: HostFacts): Check {
  const name = 'pid_max'
  if (pidMax === null) return { name, state: 'weaker', means: 'the kernel does not say', wayOut: null }
  if (pidMax > PID_MAX_SMALL) return { name, state: 'ok', means: `${pidMax} pids`, wayOut: null }
  const means = `${pidMax} pids for all threads and processes of this host: they run out, and come back soon`
  return { name, state: 'weaker', means, wayOut: 'sysctl -w kernel.pid_max=4194304' }
}

function openFiles({ openFilesMax }: HostFacts): Check {
  const name = 'open files'
  if (openFilesMax === null) return { name, state: 'weaker', means: 'the kernel does not say', wayOut: null }
  if (openFilesMax >= OPEN_FILES_ENOUGH) return { name, state: 'ok', means: `${openFilesMax} a process`, wayOut: null }
  const means = `${openFilesMax} a process: with many processes the daemon runs out of them`
  return {
    name,
    state: 'weaker',
    means,
    wayOut: `raise the hard limit (ulimit -Hn, LimitNOFILE=) to ${OPEN_FILES_ENOUGH}`,
  }
}

/** False for another system, and for a release that is no number. */
function isSince({ platform, release }: HostFacts, [major, minor]: readonly [number, number]): boolean {
  const found = /^(\d+)\.(\d+)/.exec(release)
  if (platform !== 'linux' || found === null) return false
  const [hasMajor, hasMinor] = [Number(found[1]), Number(found[2])]
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}
