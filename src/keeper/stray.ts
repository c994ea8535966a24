/** A process whose keeper died: known by identity, ended by its group, its exit unknown. */

import { setTimeout as delay } from 'node:timers/promises'
import { LaunchedGroup } from '../launcher/group.js'
import { hasEnded, readIdentity } from '../os/process.js'
import type { KeptProcess } from './kept.js'

/** How often it is looked at, in ms: nobody tells us when it ends. */
const LOOK_MS = 200

/** Watches it until it is gone, and we stay alive as long, as its keeper would have had us; then its exit is one that nobody knows, but for the order that it died of. */
export function watchStray(kept: KeptProcess, service: string): LaunchedGroup {
  const group = new LaunchedGroup(kept.pid, service, kept.exited)
  watch(kept, group)
  return group
}

async function watch(kept: KeptProcess, group: LaunchedGroup): Promise<void> {
  while (isThere(kept)) await delay(LOOK_MS)
  group.leaderExited()
  kept.vanished(group.order ?? 'unknown')
}

function isThere({ pid, startTicks }: KeptProcess): boolean {
  const identity = readIdentity(pid)
  return identity !== null && !hasEnded(identity) && identity.startTicks === startTicks
}
