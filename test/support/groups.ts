/** Control groups of a test, where the kernel and our rights allow some. */

import { existsSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { type Cgroup, readCgroups } from '../../src/os/cgroup-places.js'
import { type GroupLimits, openGroups, type ServiceGroups } from '../../src/os/cgroups.js'
import { eventually } from './processes.js'

/** A script that doubles a text until it has 1 GiB, and keeps it. */
export const EATER = 'a=0123456789abcdef; i=0; while [ $i -lt 26 ]; do a=$a$a; i=$((i+1)); done; sleep 100'

let made = 0

/** Groups for the length of a test, below ours in the hierarchies that `wanted` says. */
export function testGroups(
  t: Pick<Test, 'teardown'>,
  limits: GroupLimits,
  wanted: (place: Cgroup) => boolean = () => true,
): ServiceGroups {
  const groups = openGroups(`espalier-test-${process.pid}-${++made}`, limits, readCgroups().filter(wanted))
  t.teardown(async () => {
    for (const one of groups.procs) await eventually(`${one} is gone`, () => isRemoved(dirname(one)))
  })
  return groups
}

/** What can be held here, as the reason why a test is skipped. */
export function lacking(what: 'tasks' | 'memory'): string | false {
  const groups = openGroups(`espalier-test-${process.pid}-probe`, { tasks: 100, memoryBytes: null })
  for (const one of groups.procs) rmdirSync(dirname(one))
  const has = what === 'tasks' ? groups.holdsTasks : groups.memory !== null
  return has ? false : `no cgroup that holds ${what} can be made here`
}

/** A keeper removes its groups when it leaves; a process that has just died may still be in one. */
function isRemoved(group: string): boolean {
  try {
    rmdirSync(group)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code === 'ENOENT'
    throw error
  }
}

/** Folders of groups of this name below ours. */
export function groupsLeft(name: string): readonly string[] {
  return readCgroups()
    .map(({ directory }) => join(directory, name))
    .filter(existsSync)
}
