/** A control group for a service, of version 1 or 2 or both: what the kernel holds for it, and how it ends it (cgroups(7)). */

import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CgroupPlace, readCgroups } from './cgroup-places.js'

/** What the kernel is to hold. */
export interface GroupLimits {
  /** Processes and their threads. */
  readonly tasks: number
  /** Bytes of memory and swap together; null for no limit. */
  readonly memoryBytes: number | null
  /** Whoever is over the memory ends as a whole, where the kernel can do that (version 2). */
  readonly isEndedWhole?: boolean
}

/** The groups of one service: several where version 1 has a hierarchy for each controller. */
export interface ServiceGroups {
  /** `cgroup.procs` of each. */
  readonly procs: readonly string[]
  /** The kernel counts tasks, and refuses a fork past them. */
  readonly holdsTasks: boolean
  /** The folder of the group that counts memory; null where the kernel counts none, or did not take the limit. */
  readonly memory: string | null
}

/** A limit of memory is not given to the kernel below this, in bytes: no program starts in less. */
const MEMORY_BYTES_MIN = 1024 * 1024

/** Version 1 says "no limit" so, version 2 says `max`. */
const NO_LIMIT_V1 = '-1'

/**
 * Makes the groups `name` below those that we are in, or finds them there, and sets what they hold. Empty where the kernel, or
 * our rights, allow none. `places` are for tests.
 */
export function openGroups(
  name: string,
  limits: GroupLimits,
  places: readonly CgroupPlace[] = readCgroups(),
): ServiceGroups {
  const procs: string[] = []
  let holdsTasks = false
  let memory: string | null = null
  let canEnd = false
  // The freezer last: it is for where nothing ends a group at one stroke.
  for (const place of places.toSorted((a, b) => Number(isFreezer(a)) - Number(isFreezer(b)))) {
    const group = makeGroup(place, name)
    if (group === null) continue
    const tasksHere: boolean = !holdsTasks && writes(group, 'pids.max', String(limits.tasks))
    const memoryHere: boolean = memory === null && holdMemory(group, limits)
    const endHere: boolean = !canEnd && (has(group, 'cgroup.kill') || has(group, 'freezer.state'))
    holdsTasks ||= tasksHere
    canEnd ||= endHere
    if (memoryHere) memory = group
    if (tasksHere || memoryHere || endHere) procs.push(join(group, 'cgroup.procs'))
    else tried(() => rmdirSync(group))
  }
  return { procs, holdsTasks, memory }
}

/** Folders of groups that are there, below those that we are in, and whose names begin so. */
export function findGroups(prefix: string, places: readonly CgroupPlace[] = readCgroups()): readonly string[] {
  const found = new Set<string>()
  for (const { directory } of places) {
    tried(() => {
      for (const name of readdirSync(directory)) if (name.startsWith(prefix)) found.add(join(directory, name))
    })
  }
  return [...found]
}

/** False where somebody is in it. */
export function removeGroup(folder: string): boolean {
  return tried(() => rmdirSync(folder))
}

/** Null for a hierarchy that serves none of our purposes, and where we may make no group. */
function makeGroup(place: CgroupPlace, name: string): string | null {
  const { version, controllers, directory } = place
  if (version === 1 && !controllers.some(one => one === 'pids' || one === 'memory' || one === 'freezer')) return null
  // Refused (EBUSY) where processes live beside the groups to be made, but for the top; then these have no controllers.
  if (version === 2) for (const one of ['+pids', '+memory']) writes(directory, 'cgroup.subtree_control', one)
  const group = join(directory, name)
  return tried(() => mkdirSync(group, { recursive: true, mode: 0o755 })) ? group : null
}

function isFreezer({ controllers }: CgroupPlace): boolean {
  return controllers.includes('freezer')
}

/** Memory with swap, or a service would be slow for all instead of ended. False where the limit was not taken. */
function holdMemory(group: string, { memoryBytes, isEndedWhole = false }: GroupLimits): boolean {
  const bytes = memoryBytes === null ? null : Math.max(MEMORY_BYTES_MIN, memoryBytes)
  if (has(group, 'memory.max')) {
    writes(group, 'memory.swap.max', bytes === null ? 'max' : '0')
    writes(group, 'memory.oom.group', isEndedWhole && bytes !== null ? '1' : '0')
    return writes(group, 'memory.max', bytes === null ? 'max' : String(bytes))
  }
  const text = bytes === null ? NO_LIMIT_V1 : String(bytes)
  // Memory with swap may never be less than memory: the order depends on whether they rise or fall, so it goes first and last.
  writes(group, 'memory.memsw.limit_in_bytes', text)
  const isHeld = writes(group, 'memory.limit_in_bytes', text)
  writes(group, 'memory.memsw.limit_in_bytes', text)
  return isHeld
}

function has(group: string, file: string): boolean {
  return existsSync(join(group, file))
}

/** False for a file that is not there, and a value that the kernel does not take. */
function writes(group: string, file: string, text: string): boolean {
  return has(group, file) && tried(() => writeFileSync(join(group, file), text))
}

/** False when the system refuses: read-only, not ours, busy, or no such thing. Then the kernel does not help. */
function tried(act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}
