/** Who owns a keeper, and hears of it. */

import type { HeardAsk } from './hearing.js'
import type { Keeper } from './keeper.js'
import type { KeptProcess } from './kept.js'

export interface KeeperOwner {
  /** Called before anything else is heard of it. */
  started(process: KeptProcess, keeper: Keeper): void
  exited(process: KeptProcess, keeper: Keeper): void
  /** A process of the service asks; anchor null: it is adopted. */
  asked(ask: HeardAsk, anchor: KeptProcess | null, keeper: Keeper): void
  /** Called once. `strays` run on without it: it died, or is out of reach. None when it left as it was told. */
  gone(keeper: Keeper, strays: readonly KeptProcess[]): void
}
