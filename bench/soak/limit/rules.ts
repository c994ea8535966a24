/** The rules that admit up to a limit, and what gives a slot of each back. */

import type { LimitsInput } from '../../../protocol/limits.js'
import type { RefusalCode } from '../../../protocol/refusals.js'

export interface Rule {
  readonly name: string
  readonly code: RefusalCode
  /** Whether it counts what several parents ask for; else one parent does. */
  readonly isShared: boolean
  /** What admits again: a process's end or a ticket's return, the time, or nothing. */
  readonly reopens: 'slots' | 'time' | 'never'
  limits(limit: number): LimitsInput
}

/** Window of the rates, in ms. */
export const WINDOW_MS = 1_000

/** More than anybody asks for: the other limits. Tickets outlive a round. */
const OPEN = { children: 1e6, descendants: 1e6, rate: 'none', ticketTtlMs: 3_600_000 } as const

export const RULES: readonly Rule[] = [
  {
    name: 'children',
    code: 'child_limit',
    isShared: false,
    reopens: 'slots',
    limits: limit => ({ ...OPEN, children: limit }),
  },
  {
    name: 'descendants',
    code: 'descendant_limit',
    isShared: true,
    reopens: 'slots',
    limits: limit => ({ ...OPEN, descendants: limit }),
  },
  {
    name: 'rate',
    code: 'rate_limit',
    isShared: false,
    reopens: 'time',
    limits: limit => ({ ...OPEN, rate: { limit, windowMs: WINDOW_MS } }),
  },
  {
    name: 'service-rate',
    code: 'service_rate_limit',
    isShared: true,
    reopens: 'time',
    limits: limit => ({ ...OPEN, serviceRate: { limit, windowMs: WINDOW_MS } }),
  },
  {
    name: 'lifetime',
    code: 'lifetime_limit',
    isShared: true,
    reopens: 'never',
    limits: limit => ({ ...OPEN, lifetime: limit }),
  },
]
