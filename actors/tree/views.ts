/** Queries: what a tree looks like now. */

import {
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  L_CHILDREN,
  L_CHOICES,
  L_DEPTH,
  L_DESCENDANTS,
  L_TOTAL_MEMORY,
  LIVE,
  MEMORY_ACTION_SHIFT,
  NEXT,
  PID,
  POLICY_SHIFT,
  ROW_SHIFT,
  S_ACTIVE,
  S_LIVE,
  S_MEMORY_USED,
  S_RECORDS,
  S_RESERVATIONS,
  S_ROOTS,
  STATE_MASK,
} from '../../protocol/lane/rows.js'
import { MEMORY_ACTIONS } from '../../protocol/limits.js'
import {
  type MemorySource,
  type SpawnTree,
  TERMINATION_POLICIES,
  type TerminationPolicy,
} from '../../protocol/trees.js'
import { isWhole } from './service-memory.js'
import type { Grove } from './state.js'

export function treeView(grove: Grove, service: number): SpawnTree {
  const { rows, floats } = grove.memory
  const at = service << ROW_SHIFT
  const quota = grove.largeLimit(service, L_TOTAL_MEMORY)
  return {
    serviceName: grove.serviceName(service),
    maxDepth: grove.limit(service, L_DEPTH),
    maxChildren: grove.limit(service, L_CHILDREN),
    maxDescendants: grove.limit(service, L_DESCENDANTS),
    memoryQuota: quota < 0 ? null : quota,
    memoryUsed: floats[(service << FLOAT_SHIFT) + S_MEMORY_USED],
    terminationPolicy: policy(grove, service),
    currentDepth: 0,
    totalDescendants: floats[(service << FLOAT_SHIFT) + S_RECORDS],
    liveDescendants: rows[at + S_LIVE],
    reservations: rows[at + S_RESERVATIONS],
    processes: rows[at + S_ROOTS] + rows[at + S_ACTIVE],
    memorySource: memorySource(grove, service),
  }
}

function memorySource(grove: Grove, service: number): MemorySource {
  return isWhole(grove, service) ? 'cgroup' : 'rss'
}

export function policy(grove: Grove, service: number): TerminationPolicy {
  return TERMINATION_POLICIES[(grove.limit(service, L_CHOICES) >> POLICY_SHIFT) & 3]
}

export function activeChildren(grove: Grove, service: number): number {
  const { rows } = grove.memory
  if (service !== 0) return rows[(service << ROW_SHIFT) + S_ACTIVE]
  let active = 0
  for (const one of grove.services.values()) active += rows[(one << ROW_SHIFT) + S_ACTIVE]
  return active
}

/** What the control plane is told of a service. */
export interface ServiceReport {
  readonly id: number
  readonly roots: readonly number[]
  readonly liveDescendants: number
  readonly reservations: number
  /** Bytes. */
  readonly memoryUsed: number
  readonly memorySource: MemorySource
  readonly memoryAction: string
}

export function reportOf(grove: Grove, service: number): ServiceReport {
  const { rows, floats } = grove.memory
  const roots: number[] = []
  for (let root = rows[(service << ROW_SHIFT) + FIRST_CHILD]; root !== 0; root = rows[(root << ROW_SHIFT) + NEXT]) {
    if ((rows[(root << ROW_SHIFT) + FLAGS] & STATE_MASK) === LIVE) roots.push(rows[(root << ROW_SHIFT) + PID])
  }
  return {
    id: grove.serviceId(service),
    roots,
    liveDescendants: rows[(service << ROW_SHIFT) + S_LIVE],
    reservations: rows[(service << ROW_SHIFT) + S_RESERVATIONS],
    memoryUsed: floats[(service << FLOAT_SHIFT) + S_MEMORY_USED],
    memorySource: memorySource(grove, service),
    memoryAction: MEMORY_ACTIONS[(grove.limit(service, L_CHOICES) >> MEMORY_ACTION_SHIFT) & 3],
  }
}
