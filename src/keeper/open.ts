/** Getting a service a keeper: a new one, after the end of what a daemon before us may have left with the old one. */

import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../../protocol/failures.js'
import type { KeeperHome } from './directory.js'
import { Keeper, type KeeperOwner } from './keeper.js'
import { endPredecessor } from './predecessor.js'
import { startKeeper } from './start.js'

/** How long an earlier keeper's end may be waited for, and the pause between two attempts, in ms. */
const PREDECESSOR_MS = { within: 20_000, pause: 50 } as const

/** @throws {EspalierError} `unavailable` */
export async function openKeeper(service: string, home: KeeperHome, owner: KeeperOwner): Promise<Keeper> {
  const endMs = performance.now() + PREDECESSOR_MS.within
  let isTold = false
  while (performance.now() < endMs) {
    const folder = home.folderOf(service)
    const identity = await startKeeper(folder, home.policy, home.isEphemeral)
    if (identity !== null) return Keeper.link(service, { identity, folder, policy: home.policy }, owner)
    // In a folder that goes with its keeper nobody can have been before us.
    if (!isTold && !home.isEphemeral) isTold = endPredecessor(folder)
    await delay(PREDECESSOR_MS.pause)
  }
  throw new EspalierError('unavailable', `another keeper of service ${service} runs, and does not leave`)
}
