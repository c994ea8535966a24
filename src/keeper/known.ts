/** A process of a keeper, as the launcher knows it. */

import { EspalierError } from '../../protocol/failures.js'
import type { LaunchRequest } from '../launch.js'
import type { LaunchedGroup } from '../launcher/group.js'
import type { Keeper } from './keeper.js'
import type { KeptProcess } from './kept.js'
import type { Order } from './order.js'

export interface Known {
  readonly kept: KeptProcess
  readonly service: string
  /** Null: the keeper died, and the group is all that is left to end it by. */
  keeper: Keeper | null
  group: LaunchedGroup | null
  order: Order | null
}

/**
 * The parent of what is to be launched, by identity one that has ended as well: its keeper tells the next daemon by it how deep the
 * child hangs. Undefined where none is named, or nobody here launched it.
 * @throws {EspalierError} `launch_failed` when only another process of its pid is known
 */
export function parentOf(
  { parentPid, parentStartTicks, command }: LaunchRequest,
  places: readonly ReadonlyMap<number, Known>[],
): Known | undefined {
  if (parentPid == null) return undefined
  const known = places.map(place => place.get(parentPid))
  if (parentStartTicks == null) return known[0]
  const parent = known.find(one => one?.kept.startTicks === parentStartTicks)
  if (parent !== undefined) return parent
  throw new EspalierError(
    'launch_failed',
    `'${command}' was not launched: its parent ${parentPid} has ended; spawn it below a living process`,
  )
}

/** Whether a look for one has found it. */
export function isKnown(known: Known | undefined): known is Known {
  return known !== undefined
}
