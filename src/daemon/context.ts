/** What the parts of one daemon share. */

import type { RefusalCode } from '../../protocol/refusals.js'
import type { ServiceConfig } from '../config/types.js'
import type { RuntimePaths } from '../control/paths.js'
import type { Core } from '../core.js'
import type { ServiceGroups } from '../os/cgroups.js'
import type { Store } from '../store/store.js'
import type { ProcessBook } from './book.js'
import type { Budgets } from './budgets.js'
import type { EarlyMoves } from './early-moves.js'
import type { Chronicle } from './events/chronicle.js'
import type { History } from './history/history.js'
import type { Hooks } from './hooks/hooks.js'
import type { LimitBook } from './limits/limit-book.js'
import type { News } from './news.js'
import type { LineListeners } from './output/listeners.js'
import type { Sink } from './output/sink.js'
import type { Peripherals } from './peripherals.js'
import type { Reloader } from './reload/reload.js'
import type { RightsTable } from './rights.js'
import type { Supervised } from './supervised.js'
import type { TokenTable } from './tokens.js'
import type { Turns } from './turns.js'

/** A service as it shall run. */
export interface ServiceRun extends ServiceConfig {
  /** Time to live of its root in ms, after which everything of it ends; null for none. */
  readonly ttlMs: number | null
  /** What its keeper does without a daemon. */
  readonly abandon: Abandon
}

/** Keep what runs; or end it when no daemon has come back within `afterMs`. */
export interface Abandon {
  readonly keep: boolean
  readonly afterMs: number
}

/** Figures of the whole run. */
export interface RunCounts {
  /** Children that were spawned; roots are not among them. */
  spawned: number
  readonly refused: Map<RefusalCode, number>
  /** Decisions of this daemon have counts above. */
  readonly decisionsFrom: number
}

export interface DaemonContext {
  readonly core: Core
  readonly paths: RuntimePaths
  readonly stateDirectory: string
  readonly book: ProcessBook
  readonly earlyMoves: EarlyMoves
  readonly rights: RightsTable
  /** What the kernel holds of each service; nothing of those that are not in it. */
  readonly groups: Map<string, ServiceGroups>
  /** The limits of every service, and where each comes from. */
  readonly limits: LimitBook
  /** Changes of limits and of the config take turns. */
  readonly turns: Turns
  /** Null where the services are those of no config. */
  readonly reloader: Reloader | null
  /** What was found below our processes and nobody asked for. */
  readonly peripherals: Peripherals
  readonly tokens: TokenTable
  readonly budgets: Budgets
  readonly store: Pick<Store, 'state'>
  /** What was refused and what has ended, as far as it is remembered. */
  readonly history: History
  /** What is run when something happens. */
  readonly hooks: Hooks
  /** What happened, event by event. */
  readonly chronicle: Chronicle
  readonly stdout: Sink
  readonly stderr: Sink
  readonly counts: RunCounts
  /** Every service that this daemon was told to run, by name, in the order of their starts. */
  readonly supervised: Map<string, Supervised>
  /** Whether a service that has failed keeps the daemon there, to say so. */
  readonly staysForFailed: boolean
  /** Services that were ordered to end: nothing new starts in them. */
  readonly stopping: Set<string>
  /** Spawns under way by service. A process of theirs may appear at any moment. */
  readonly underWay: Map<string, number>
  /** Who listens to what roots write. */
  readonly lines: LineListeners
  /** Outputs that are still being read. */
  readonly relays: Set<Relay>
  readonly tell: (news: News) => void
  /** Looks whether everything has ended; called whenever something has. */
  readonly check: () => void
}

/** One output on its way to a sink. */
export interface Relay {
  readonly done: Promise<void>
  /** Stops reading. */
  cut(): void
}
