/**
 * Where a visitor of the operator's socket lives whom the door found below no keeper: a process whose keeper was killed is the
 * service's still. It is known by what it cannot take off, and by what it has not.
 */

import type { Visitor } from '../control/door.js'
import { groupName } from '../keeper/groups.js'
import { type ProcessIdentity, readIdentity } from '../os/process.js'
import { readText } from '../os/text.js'
import type { DaemonContext } from './context.js'

/** Longest walk from a visitor to the top; the door's bound is the same. */
const WALK_MAX = 512

/** The visitor as the door has it, or inside the service that it, or one above it, belongs to. */
export function placeVisitor(context: DaemonContext, visitor: Visitor): Visitor {
  if (visitor.where !== 'outside') return visitor
  const known = new Map(context.book.living().map(one => [one.pid, one]))
  const sockets = new Map(
    [...context.rights.keys()].map(name => [context.core.launcher.spawnSocketOf?.(name) ?? '', name]),
  )
  const prefix = groupName(context.paths.directory, '')
  let at = readIdentity(visitor.pid)
  for (let step = 0; at !== null && step < WALK_MAX; step++) {
    const service = serviceOf(at)
    if (service !== null) return { ...visitor, where: 'inside', service }
    at = at.parentPid > 1 ? readIdentity(at.parentPid) : null
  }
  return visitor

  function serviceOf({ pid, pgrp, startTicks }: ProcessIdentity): string | null {
    const self = known.get(pid)
    if (self !== undefined && self.startTicks === startTicks) return self.service
    const leader = known.get(pgrp)
    // While the leader lives, the number of its group is nobody else's.
    if (leader !== undefined && readIdentity(pgrp)?.startTicks === leader.startTicks) return leader.service
    return groupedIn(pid) ?? markedBy(pid)
  }

  /** The kernel's word, which an ordinary user cannot change: he was started in a group of the service. */
  function groupedIn(pid: number): string | null {
    const paths = readText(`/proc/${pid}/cgroup`).split(/[/\n]/)
    return paths.find(name => name.startsWith(prefix))?.slice(prefix.length) ?? null
  }

  function markedBy(pid: number): string | null {
    const socket = readText(`/proc/${pid}/environ`)
      .split('\0')
      .find(one => one.startsWith('ESPALIER_SOCKET='))
    return (socket && sockets.get(socket.slice('ESPALIER_SOCKET='.length))) || null
  }
}
