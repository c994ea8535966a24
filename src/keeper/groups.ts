/** Control groups of the services of one runtime directory, by name. */

import { basename, join } from 'node:path'
import { findGroups, removeGroup } from '../os/cgroups.js'
import { placeOf } from '../os/place.js'
import { listKeepers } from './list.js'

/** One group a service and runtime directory, so that the next daemon here finds it again. */
export function groupName(directory: string, service: string): string {
  return prefixOf(directory) + service
}

/** `cgroup.procs` of those that a service has here. */
export function groupsOf(directory: string, service: string): readonly string[] {
  const name = groupName(directory, service)
  const groups = findGroups(name).filter(folder => basename(folder) === name)
  return groups.map(folder => join(folder, 'cgroup.procs'))
}

/** Removes the empty ones of services without a keeper: one that was killed could not. Who is in another cgroup finds none. */
export function clearGroups(directory: string): void {
  const kept = new Set(listKeepers(directory).map(({ service }) => groupName(directory, service)))
  for (const folder of findGroups(prefixOf(directory))) if (!kept.has(basename(folder))) removeGroup(folder)
}

function prefixOf(directory: string): string {
  return `espalier-${placeOf(directory)}-`
}
