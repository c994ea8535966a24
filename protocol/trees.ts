/** What a query about a service's spawn tree answers. */

import type { Limits } from './limits.js'

/** What becomes of the descendants when a process dies unbidden (SEMANTICS, Ending). */
export const TERMINATION_POLICIES = ['cascade', 'orphan', 'reparent'] as const
export type TerminationPolicy = (typeof TERMINATION_POLICIES)[number]

/**
 * What a service's `memoryUsed` is: `rss`, the sum over its processes (a page that several share counts for each), or `cgroup`,
 * what the kernel counts of it as a whole and could not give up by itself.
 */
export const MEMORY_SOURCES = ['rss', 'cgroup'] as const
export type MemorySource = (typeof MEMORY_SOURCES)[number]

/** The reference's nine fields, then four of ours. */
export interface SpawnTree {
  readonly serviceName: string
  readonly maxDepth: number
  readonly maxChildren: number
  readonly maxDescendants: number
  /** Bytes; null when unlimited. */
  readonly memoryQuota: number | null
  /** Bytes, as `memorySource` says. */
  readonly memoryUsed: number
  readonly terminationPolicy: TerminationPolicy
  /** Always 0, as in the reference. */
  readonly currentDepth: number
  /** Records ever made. */
  readonly totalDescendants: number
  readonly liveDescendants: number
  /** Tickets granted and not yet used, released or expired. */
  readonly reservations: number
  /** Living roots and nodes. */
  readonly processes: number
  readonly memorySource: MemorySource
}

/** One line of `services()`. */
export interface ServiceView {
  readonly name: string
  readonly limits: Limits
  /** Pids of the living roots, oldest first. */
  readonly roots: readonly number[]
  readonly liveDescendants: number
  /** Tickets granted and not yet used, released or expired. */
  readonly reservations: number
  /** Bytes, as `memorySource` says. */
  readonly memoryUsed: number
  readonly memorySource: MemorySource
  /** Number of the host thread that holds it; 0 inline. */
  readonly host: number
}
