/** Exits: the first one wins, frees the slots of the node at once, and lets the policy speak for what hangs below. */

import { EXIT_REASONS } from '../../protocol/children.js'
import {
  CHARGED,
  COUNT_PERIPHERALS,
  DUE_MASK,
  EXIT_CODE,
  EXITED,
  FLAGS,
  FLOAT_SHIFT,
  KIND_MASK,
  L_CHOICES,
  L_KEEP_EXITED,
  NO_EXIT_CODE,
  PARENT,
  PERIPHERAL,
  PID,
  REASON_SHIFT,
  ROW_SHIFT,
  RSS_BYTES,
  S_ACTIVE,
  S_EXITED_COUNT,
  S_EXITED_HEAD,
  S_EXITED_TAIL,
  S_LIVE,
  S_MEMORY_DUE,
  S_MEMORY_USED,
  SERVICE,
  SIGNAL_SHIFT,
  STATE_MASK,
  TTL_MS,
  UNTIL,
} from '../../protocol/lane/rows.js'
import { setDeepest } from './links.js'
import { enter, quit } from './queues.js'
import { afterDeath } from './react.js'
import { retireRow } from './remove.js'
import { isWhole } from './service-memory.js'
import type { Grove } from './state.js'

/** How a process ended; null for the process of a record that turned out stale. */
export interface ExitFacts {
  readonly exitCode: number
  /** 0 for none. */
  readonly signal: number
  /** Index into EXIT_REASONS + 1. */
  readonly reason: number
  /** Unix ms. */
  readonly finishedAt: number
}

/** Writes the exit of a living node. */
export function exit(grove: Grove, slot: number, facts: ExitFacts | null): void {
  const { memory } = grove
  const at = slot << ROW_SHIFT
  const flags = memory.rows[at + FLAGS]
  const service = memory.rows[at + SERVICE]
  const tracked = grove.tracked(service)
  const head = (service << ROW_SHIFT) + S_EXITED_HEAD
  const tail = (service << ROW_SHIFT) + S_EXITED_TAIL
  enter(memory, slot, ended(flags, EXITED, facts), head, tail, memory.rows[tail])
  // Nobody reads the exit code of a living row, or the deadline of one that has none, so they need no undo.
  memory.rows[at + EXIT_CODE] = facts === null ? NO_EXIT_CODE : facts.exitCode
  const float = slot << FLOAT_SHIFT
  const finishedAt = facts === null ? grove.wallMs : facts.finishedAt
  if (Number.isNaN(memory.floats[float + TTL_MS])) memory.floats[float + UNTIL] = finishedAt
  else memory.setFloat(float + UNTIL, finishedAt)
  grove.retire(memory.rows[at + PID], slot)
  uncount(grove, slot, flags, !tracked)
  memory.add((service << ROW_SHIFT) + S_EXITED_COUNT, 1)
  if (grove.happens(service)) grove.tell(service, 'child_exited', { child: grove.child(slot) })
  if (!tracked && (flags & DUE_MASK) === 0) afterDeath(grove, slot)
}

const UNKNOWN = EXIT_REASONS.indexOf('unknown') + 1

/** The flags of a row whose process ended. */
export function ended(flags: number, state: number, facts: ExitFacts | null): number {
  const reason = facts === null ? UNKNOWN : facts.reason
  const signal = facts === null ? 0 : facts.signal
  return (flags & ~STATE_MASK) | state | (reason << REASON_SHIFT) | (signal << SIGNAL_SHIFT)
}

/** Takes a living node out of the counters. `slotToo`: its parent's child slot as well. */
export function uncount(grove: Grove, slot: number, flags: number, slotToo: boolean): void {
  const { memory } = grove
  const service = memory.rows[(slot << ROW_SHIFT) + SERVICE]
  const peripheral = (flags & KIND_MASK) === PERIPHERAL
  memory.add((service << ROW_SHIFT) + S_ACTIVE, -1)
  if (memory.rows[(service << ROW_SHIFT) + S_ACTIVE] === 0) setDeepest(grove, service, 0)
  if (!peripheral || grove.limit(service, L_CHOICES) & COUNT_PERIPHERALS)
    memory.add((service << ROW_SHIFT) + S_LIVE, -1)
  if (slotToo && !peripheral) memory.add((memory.rows[(slot << ROW_SHIFT) + PARENT] << ROW_SHIFT) + CHARGED, -1)
  uncountMemory(grove, slot, service, flags)
}

/** Takes what a process used out of its service's memory. */
export function uncountMemory(grove: Grove, slot: number, service: number, flags: number): void {
  const { memory } = grove
  const rss = memory.floats[(slot << FLOAT_SHIFT) + RSS_BYTES]
  if (!(rss > 0)) return
  const at = service << FLOAT_SHIFT
  if (isWhole(grove, service)) {
    // A guess, until the next word about it: what it shared with others stays. No recount would mend it, so it can be undone.
    memory.setFloat(at + S_MEMORY_USED, Math.max(0, memory.floats[at + S_MEMORY_USED] - rss))
  } else memory.addFloat(at + S_MEMORY_USED, -rss)
  if (flags & DUE_MASK) memory.addFloat(at + S_MEMORY_DUE, -rss)
}

/** Lets the oldest exited records of a service leave, past `keep_exited`. */
export function evict(grove: Grove, service: number): void {
  const { memory } = grove
  const at = service << ROW_SHIFT
  if (memory.rows[at + S_EXITED_COUNT] <= grove.limit(service, L_KEEP_EXITED) || grove.tracked(service)) return
  while (memory.rows[at + S_EXITED_COUNT] > grove.limit(service, L_KEEP_EXITED)) {
    const slot = memory.rows[at + S_EXITED_HEAD]
    if (grove.happens(service)) grove.tell(service, 'child_removed', { child: grove.child(slot) })
    grove.vacate(memory.rows[(slot << ROW_SHIFT) + PID], slot)
    retireRow(grove, slot)
  }
}

/** Takes an exited row out of the books of exits: `flags` say what it is from here. */
export function unqueueExited(grove: Grove, slot: number, flags: number): void {
  const { memory } = grove
  const at = memory.rows[(slot << ROW_SHIFT) + SERVICE] << ROW_SHIFT
  quit(memory, slot, flags, at + S_EXITED_HEAD, at + S_EXITED_TAIL)
  memory.add(at + S_EXITED_COUNT, -1)
}
