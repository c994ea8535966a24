/** Getting a service a keeper: a new one, or the one that a daemon before us left there with all that it keeps. */

import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../../protocol/failures.js'
import { KEEPER_VERSION } from '../../protocol/keeper/messages.js'
import type { AbandonPolicy, LogPlan } from '../launch.js'
import type { KeeperHome } from './directory.js'
import { openEar } from './ear.js'
import { Keeper } from './keeper.js'
import type { KeeperOwner } from './owner.js'
import { findPredecessor } from './predecessor.js'
import { startKeeper } from './start.js'

/** How long a keeper that starts or leaves may be waited for, and the pause between two attempts, in ms. */
const PREDECESSOR_MS = { within: 20_000, pause: 50 } as const

/** How a service is to be kept. */
export interface KeeperPlan {
  readonly policy: AbandonPolicy
  /** `cgroup.procs` of the groups that its processes join; one that is kept already stays with those it began with. */
  readonly cgroups: readonly string[]
  /** Of the user whose processes ask on its spawn socket; null: ours. */
  readonly uid: number | null
  /** Null: nothing is logged. */
  readonly logs: LogPlan | null
}

/** @throws {EspalierError} `unavailable` */
export async function openKeeper(
  service: string,
  { policy, cgroups, uid, logs }: KeeperPlan,
  home: KeeperHome,
  owner: KeeperOwner,
): Promise<Keeper> {
  const endMs = performance.now() + PREDECESSOR_MS.within
  let isReachable = true
  let why = 'it holds its folder, and names no living process'
  while (performance.now() < endMs) {
    const folder = home.folderOf(service)
    if (uid !== null) openEar(folder, service, uid)
    // One is only started where none seems to be left: who starts a program stands still meanwhile.
    const before = isReachable ? findPredecessor(folder) : null
    const started = before === null ? await startKeeper(folder, policy, home.isEphemeral, cgroups) : null
    const found = started === null ? (before ?? findPredecessor(folder)) : null
    if (found !== null && found.version !== KEEPER_VERSION) throw ofAnotherVersion(service, found)
    const identity = started ?? found
    try {
      if (identity !== null) return await Keeper.link(service, { identity, folder, policy, logs }, owner)
    } catch (error) {
      if (!(error instanceof EspalierError)) throw error
      // It may be leaving this moment, or have been killed: then the next attempt starts another.
      why = error.message
      isReachable = false
    }
    await delay(PREDECESSOR_MS.pause)
  }
  throw new EspalierError('unavailable', `another keeper of service ${service} runs, and cannot be reached: ${why}`)
}

function ofAnotherVersion(service: string, found: { readonly pid: number; readonly version: number }): EspalierError {
  return new EspalierError(
    'unavailable',
    `the keeper of service ${service} (pid ${found.pid}) speaks version ${found.version} and this espalier ` +
      `${KEEPER_VERSION}: take it over with the espalier that started it, or end it with "espalier down --all"`,
  )
}
