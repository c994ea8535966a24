/** For tests of what embeds Espalier: a clock moved by hand, and a supervisor without threads. */

import type { Supervisor, SupervisorOptions } from './api.js'
import { createInlineSupervisor as create } from './supervisor.js'

export { type ManualClock, manualClock } from './clock.js'

/** The same actors behind the same interface, without threads. @throws {EspalierError} `invalid_input` */
export function createInlineSupervisor(options?: Omit<SupervisorOptions, 'hosts'> | null): Supervisor {
  return create(options ?? {})
}
