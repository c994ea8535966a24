/** The parts that differ between a supervisor on threads and one inline. */

import type { ClockFacts } from '../clock.js'
import type { Launcher } from '../launch.js'
import type { StartHost } from './fleet.js'

/** What a supervisor is made of beside its options. */
export interface Parts {
  readonly launcher: Launcher
  readonly pids: SharedArrayBuffer
  readonly clock: ClockFacts
  readonly startHost: StartHost
  /** Ends what carried the hosts. */
  readonly stopHosts: () => Promise<void>
}
