/** The limits of a service: their keys, ranges and defaults. A bound lives here, once, with its unit. */

import type { TerminationPolicy } from './trees.js'

/** What happens over `totalMemory`: refuse new spawns, end one process, or end the tree. */
export const MEMORY_ACTIONS = ['deny', 'kill_largest', 'kill_newest', 'kill_tree'] as const
export type MemoryAction = (typeof MEMORY_ACTIONS)[number]

/** `live`: an exit frees its slots at once. `tracked`: the reference's books, for comparison. */
export const COUNTINGS = ['live', 'tracked'] as const
export type Counting = (typeof COUNTINGS)[number]

/** At most `limit` grants in any window of `windowMs` (exact sliding log). */
export interface Rate {
  readonly limit: number
  readonly windowMs: number
}

/** Effective limits: every key present; null means none. */
export interface Limits {
  readonly depth: number
  readonly children: number
  readonly descendants: number
  readonly totalMemory: number | null
  readonly terminationPolicy: TerminationPolicy
  readonly rate: Rate | null
  readonly serviceRate: Rate | null
  readonly lifetime: number | null
  readonly memoryAction: MemoryAction
  readonly ttlMaxMs: number | null
  readonly graceMs: number
  readonly tasks: number
  readonly countPeripherals: boolean
  readonly strict: boolean
  readonly keepExited: number
  readonly ticketTtlMs: number
  readonly counting: Counting
}

/** What a caller may give: every key optional, absent or null meaning the default, `'none'` lifting a limit. */
export interface LimitsInput {
  readonly depth?: number | null
  readonly children?: number | null
  readonly descendants?: number | null
  readonly totalMemory?: number | string | null
  readonly terminationPolicy?: TerminationPolicy | null
  readonly rate?: string | Rate | null
  readonly serviceRate?: string | Rate | null
  readonly lifetime?: number | 'none' | null
  readonly memoryAction?: MemoryAction | null
  readonly ttlMaxMs?: number | 'none' | null
  readonly graceMs?: number | null
  readonly tasks?: number | null
  readonly countPeripherals?: boolean | null
  readonly strict?: boolean | null
  readonly keepExited?: number | null
  readonly ticketTtlMs?: number | null
  readonly counting?: Counting | null
}
