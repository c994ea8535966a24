/** Orders from inside the library: end a process with everything below it, whatever the service's policy. */

import type { TerminationReason } from '../protocol/events.js'
import type { Core } from './core.js'
import { persistIfPossible } from './persist.js'

/** Looks at the tree: the second waits for what was recorded while the first was being acted on, which the books have ordered. */
const LOOKS = 2

/**
 * Ends `pid` and all recorded descendants that this supervisor launched, deepest first: TERM, `graceMs`, KILL. Resolves
 * when all of them have been reaped. Rejects as `Launcher.end` and `getChildren` do.
 */
export async function orderEnd(
  core: Pick<Core, 'launcher' | 'getChildren' | 'order'>,
  pid: number,
  reason: TerminationReason,
  graceMs: number,
): Promise<void> {
  await persistIfPossible(() => core.order(pid, reason))
  for (let look = 1; look <= LOOKS; look++) {
    const pids = await listSubtree(core, pid)
    await core.launcher.end(pids.toReversed(), reason, graceMs)
  }
}

/** `pid` and its living descendants, parents before children. */
async function listSubtree(core: Pick<Core, 'getChildren'>, pid: number): Promise<readonly number[]> {
  const pids = new Set([pid])
  for (const parent of pids) {
    // When the books cannot be asked the order still holds for those already known.
    const children = (await persistIfPossible(() => core.getChildren(parent))) ?? []
    for (const child of children) if (child.lastExit === null) pids.add(child.pid)
  }
  return [...pids]
}
