/** A process of a keeper, as the launcher knows it. */

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
