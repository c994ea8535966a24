/** Limits that the kernel holds for a service, where it lets us. */

import { openTaskGroup } from '../os/cgroups.js'
import { placeOf } from '../os/place.js'
import type { DaemonContext } from './context.js'

/**
 * Sets the kernel's cap on the tasks of a service to what its limits say now. Gives the groups that its processes are to join;
 * none in portable mode, which puts nobody into a group, and where the kernel cannot be asked: then `tasks` is advice.
 */
export function holdTasks({ core, paths }: DaemonContext, service: string): readonly string[] {
  const tasks = core.limitsOf(service)?.tasks
  if (tasks === undefined || core.launcher.keepers === undefined) return []
  // One group a service and runtime directory, so that the next daemon here finds it again.
  const group = openTaskGroup(`espalier-${placeOf(paths.directory)}-${service}`, tasks)
  return group === null ? [] : [group]
}
