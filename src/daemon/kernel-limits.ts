/** Limits that the kernel holds for a service, where it lets us. */

import type { Exit } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import type { Limits } from '../../protocol/limits.js'
import { groupName } from '../keeper/groups.js'
import { orderEnd } from '../order.js'
import { openGroups } from '../os/cgroups.js'
import type { DaemonContext } from './context.js'
import type { ManagedProcess } from './process.js'

/**
 * Sets what the kernel holds of a service to what its limits say now: `tasks`, and `total_memory` where `memory_action` asks
 * for what the kernel does. Gives the `cgroup.procs` of the groups that its processes are to join; none in portable mode, which
 * puts nobody into a group, and where the kernel cannot be asked.
 */
export function holdLimits({ core, groups, paths }: DaemonContext, service: string): readonly string[] {
  const limits = core.limitsOf(service)
  if (limits === null || core.launcher.keepers === undefined) return []
  const { tasks, memoryAction } = limits
  const memoryBytes = kernelMemory(limits)
  const isEndedWhole = memoryAction === 'kill_tree'
  const held = openGroups(groupName(paths.directory, service), { tasks, memoryBytes, isEndedWhole })
  groups.set(service, held)
  return held.procs
}

/** Says once which limits of these services the kernel should hold, and does not here. */
export function sayAdvisory({ core, groups, tell }: DaemonContext, services: readonly string[]): void {
  const holdsTasks = services.every(one => groups.get(one)?.holdsTasks)
  const holdsMemory = services.every(one => groups.get(one)?.memory != null || !wantsMemory(core.limitsOf(one)))
  const advisory = [...(holdsTasks ? [] : ['tasks']), ...(holdsMemory ? [] : ['total_memory'])]
  if (advisory.length === 0) return
  const message = `advisory here, as the kernel does not hold it: ${advisory.join(', ')}; espalier doctor says why`
  tell({ kind: 'trouble', message })
}

/** The kernel of version 1 ends the largest process alone: under `kill_tree` the rest of its service follows it here. */
export function followKernel(context: DaemonContext, { service }: ManagedProcess, { reason }: Exit): void {
  const { book, core, tell } = context
  const limits = core.limitsOf(service)
  if (reason !== 'oom' || limits?.memoryAction !== 'kill_tree') return
  const living = book.living(service)
  const pids = new Set(living.map(({ pid }) => pid))
  for (const { pid, parentPid } of living) {
    if (parentPid !== null && pids.has(parentPid)) continue
    orderEnd(core, pid, 'quota', limits.graceMs).catch((error: unknown) => {
      if (!(error instanceof EspalierError)) throw error
      tell({ kind: 'trouble', message: error.message })
    })
  }
}

/**
 * The memory that the kernel is to hold, in bytes; null for none. It ends the largest process of a group, or all of it;
 * `deny` lets what runs go on, and the newest it does not know.
 */
function kernelMemory({ totalMemory, memoryAction }: Limits): number | null {
  return memoryAction === 'kill_largest' || memoryAction === 'kill_tree' ? totalMemory : null
}

function wantsMemory(limits: Limits | null): boolean {
  return limits !== null && kernelMemory(limits) !== null
}
