/** Who must end: from a fact to an effect. Signals nobody; a launcher acts on what is said here. */

import { match } from 'ts-pattern'
import { EXIT_REASONS } from '../../protocol/children.js'
import type { TerminationReason } from '../../protocol/events.js'
import {
  CHARGED,
  DUE_MASK,
  DUE_SHIFT,
  FIRST_CHILD,
  FLAGS,
  FLOAT_SHIFT,
  KIND_MASK,
  L_CHOICES,
  L_GRACE,
  LIVE,
  NEXT,
  PARENT,
  PARENT_PID,
  PERIPHERAL,
  PID,
  POLICY_SHIFT,
  ROOT,
  ROW_SHIFT,
  RSS_BYTES,
  S_MEMORY_DUE,
  SERVICE,
  SERVICE_ROW,
  STATE_MASK,
  STRICT,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { TERMINATION_POLICIES } from '../../protocol/trees.js'
import { detach, insert } from './links.js'
import { releaseIfEmpty } from './remove.js'
import { oldestRoot } from './roots.js'
import type { Grove } from './state.js'

/** An order: `tops` end with everything below them, whatever the policy. */
export function order(grove: Grove, service: number, tops: readonly number[], reason: TerminationReason): void {
  const due: number[] = []
  gatherLiving(grove, tops, due)
  if (due.length === 0) return
  for (const slot of due) markDue(grove, slot, service, reason)
  const pids = due.map(slot => grove.memory.rows[(slot << ROW_SHIFT) + PID]).reverse()
  const graceMs = grove.limit(service, L_GRACE)
  grove.outbox.effects.push({ kind: 'end_processes', service: grove.serviceName(service), pids, reason, graceMs })
  if (grove.happens(service)) grove.tell(service, 'termination_due', { pids, reason })
}

/** The policy's answer to a death that nobody ordered, of a node or a root. */
export function afterDeath(grove: Grove, slot: number): void {
  const { rows } = grove.memory
  if (rows[(slot << ROW_SHIFT) + FIRST_CHILD] === 0) return
  const service = rows[(slot << ROW_SHIFT) + SERVICE]
  match(policyOf(grove, service))
    .with('cascade', () => order(grove, service, livingChildren(grove, slot), 'cascade'))
    .with('orphan', () => undefined)
    .with('reparent', () => {
      for (const child of livingChildren(grove, slot)) move(grove, child, slot)
      releaseIfEmpty(grove, slot)
    })
    .exhaustive()
}

/** What a node that was just recorded meets: an order its parent is under, its parent's death, or `strict`. */
export function meetParent(grove: Grove, slot: number, parent: number): void {
  const { rows } = grove.memory
  const service = rows[(parent << ROW_SHIFT) + SERVICE]
  if (grove.tracked(service)) return
  const flags = rows[(parent << ROW_SHIFT) + FLAGS]
  const peripheral = (rows[(slot << ROW_SHIFT) + FLAGS] & KIND_MASK) === PERIPHERAL
  const ordered = (flags & DUE_MASK) >>> DUE_SHIFT
  if (ordered !== 0) order(grove, service, [slot], EXIT_REASONS[ordered - 1] as TerminationReason)
  else if ((flags & STATE_MASK) !== LIVE) afterDeath(grove, parent)
  else if (peripheral && grove.limit(service, L_CHOICES) & STRICT) order(grove, service, [slot], 'quota')
}

/** Living processes at and below `tops` that were not told to end yet, each parent before its children, level by level. */
function gatherLiving(grove: Grove, tops: readonly number[], due: number[]): void {
  const { rows } = grove.memory
  const level = [...tops]
  for (const slot of level) {
    const flags = rows[(slot << ROW_SHIFT) + FLAGS]
    const process = (flags & STATE_MASK) === LIVE && (flags & KIND_MASK) !== VIRTUAL_ROOT
    if (process && (flags & DUE_MASK) === 0) due.push(slot)
    for (let child = rows[(slot << ROW_SHIFT) + FIRST_CHILD]; child !== 0; child = rows[(child << ROW_SHIFT) + NEXT]) {
      level.push(child)
    }
  }
}

function markDue(grove: Grove, slot: number, service: number, reason: TerminationReason): void {
  const { memory } = grove
  const at = (slot << ROW_SHIFT) + FLAGS
  memory.set(at, memory.rows[at] | ((EXIT_REASONS.indexOf(reason) + 1) << DUE_SHIFT))
  const rss = memory.floats[(slot << FLOAT_SHIFT) + RSS_BYTES]
  if (rss > 0) memory.addFloat((service << FLOAT_SHIFT) + S_MEMORY_DUE, rss)
}

function livingChildren(grove: Grove, parent: number): number[] {
  const { rows } = grove.memory
  const living: number[] = []
  for (let child = rows[(parent << ROW_SHIFT) + FIRST_CHILD]; child !== 0; child = rows[(child << ROW_SHIFT) + NEXT]) {
    if ((rows[(child << ROW_SHIFT) + FLAGS] & STATE_MASK) === LIVE) living.push(child)
  }
  return living
}

/** Moves a living child of the dead `from` to the nearest living ancestor, else the oldest root, else nowhere. */
function move(grove: Grove, child: number, from: number): void {
  const { memory } = grove
  const to = nearestLiving(grove, from) || oldestRoot(grove, memory.rows[(child << ROW_SHIFT) + SERVICE])
  if (to !== 0) rehang(grove, child, from, to)
}

/** Hangs `child` below `to` instead of `from`, at the place its record gives it. Its depth stays. */
export function rehang(grove: Grove, child: number, from: number, to: number): void {
  const { memory } = grove
  const flags = memory.rows[(child << ROW_SHIFT) + FLAGS]
  const service = memory.rows[(child << ROW_SHIFT) + SERVICE]
  const charged = (flags & STATE_MASK) === LIVE || grove.tracked(service)
  const fromPid = memory.rows[(child << ROW_SHIFT) + PARENT_PID]
  detach(memory, child)
  insert(memory, child, to)
  memory.set((child << ROW_SHIFT) + PARENT_PID, grove.pidOf(to))
  if (charged && (flags & KIND_MASK) !== PERIPHERAL) {
    memory.add((from << ROW_SHIFT) + CHARGED, -1)
    memory.add((to << ROW_SHIFT) + CHARGED, 1)
  }
  if (grove.happens(service)) {
    grove.tell(service, 'child_moved', {
      pid: memory.rows[(child << ROW_SHIFT) + PID],
      fromPid,
      toPid: grove.pidOf(to),
    })
  }
}

/** The nearest ancestor that is alive and has a budget of its own; 0 when there is none. */
function nearestLiving(grove: Grove, slot: number): number {
  const { rows } = grove.memory
  let at = rows[(slot << ROW_SHIFT) + PARENT]
  while ((rows[(at << ROW_SHIFT) + FLAGS] & STATE_MASK) !== SERVICE_ROW) {
    const flags = rows[(at << ROW_SHIFT) + FLAGS]
    if ((flags & STATE_MASK) === LIVE && (flags & KIND_MASK) !== PERIPHERAL) return at
    if ((flags & KIND_MASK) === ROOT || (flags & KIND_MASK) === VIRTUAL_ROOT) return 0
    at = rows[(at << ROW_SHIFT) + PARENT]
  }
  return 0
}

function policyOf(grove: Grove, service: number): (typeof TERMINATION_POLICIES)[number] {
  return TERMINATION_POLICIES[(grove.limit(service, L_CHOICES) >> POLICY_SHIFT) & 3]
}
