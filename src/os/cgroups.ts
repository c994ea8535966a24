/** Cgroups of version 1 and 2 as far as we use them: a group of our own with a number of tasks that the kernel holds (cgroups(7)). */

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes the group `name` below the one that we are in, or finds it there, and sets how many tasks (processes and their
 * threads) it may hold. Gives its `cgroup.procs`; null where the kernel, or our rights, allow none.
 */
export function openTaskGroup(name: string, tasks: number): string | null {
  for (const parent of taskGroupParents()) {
    const group = join(parent, name)
    if (makeGroup(group, tasks)) return join(group, 'cgroup.procs')
  }
  return null
}

function makeGroup(group: string, tasks: number): boolean {
  try {
    mkdirSync(group, { recursive: true, mode: 0o755 })
    const limit = join(group, 'pids.max')
    if (existsSync(limit)) {
      writeFileSync(limit, String(tasks))
      return true
    }
    // Version 2, and this controller is not handed down to groups here.
    rmdirSync(group)
  } catch (error) {
    // Read-only, not ours, or no such thing: then the kernel does not help.
    if (!(error instanceof Error && 'syscall' in error)) throw error
  }
  return false
}

/** Folders of the groups that we are in ourselves, of hierarchies that can count tasks. */
function taskGroupParents(): readonly string[] {
  const own = new Map<string, string>()
  for (const line of linesOf('/proc/self/cgroup')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    for (const controller of controllers.split(',')) own.set(controller, path)
  }
  const parents: string[] = []
  for (const line of linesOf('/proc/self/mountinfo')) {
    // proc(5): root is field 4, the place field 5; behind ` - ` come type, source and options.
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root = '', place = ''] = before.split(' ')
    const [type = '', , options = ''] = after.split(' ')
    const controller = type === 'cgroup2' ? '' : 'pids'
    const isWanted = type === 'cgroup2' || (type === 'cgroup' && options.split(',').includes('pids'))
    const path = own.get(controller)
    if (!isWanted || path === undefined) continue
    const isBelow = root !== '/' && (path === root || path.startsWith(`${root}/`))
    parents.push(join(place, isBelow ? path.slice(root.length) : path))
  }
  return parents
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return []
    throw error
  }
}
