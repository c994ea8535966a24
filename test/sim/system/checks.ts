/** What must hold of a host after every step. */

import { tops } from '../../../actors/tree/metrics.js'
import { recountService } from '../../../actors/tree/recount.js'
import { subtree } from '../../../actors/tree/remove.js'
import type { Grove } from '../../../actors/tree/state.js'
import {
  CHARGED,
  depthOf,
  EXITED,
  FLAGS,
  KIND_MASK,
  LIVE,
  PARENT,
  PID,
  RESERVED_SLOTS,
  ROOT,
  ROW_INTS,
  S_LIVE,
  S_RESERVATIONS,
  STATE_MASK,
  VIRTUAL_ROOT,
} from '../../../protocol/lane/rows.js'
import type { Limits } from '../../../protocol/limits.js'
import { Violation } from './violation.js'

/** @param areChildrenBounded false where a policy may give a parent more children than it was granted */
export function checkHost(
  grove: Grove,
  limits: ReadonlyMap<string, Limits>,
  areChildrenBounded: (service: string) => boolean,
  hasTakenOver: boolean,
): void {
  const { rows } = grove.memory
  for (const service of grove.services.values()) {
    const name = grove.serviceName(service)
    const bounds = limits.get(name)
    if (bounds === undefined) throw new Violation(`service ${name} was never registered`)
    const held = rows[service * ROW_INTS + S_LIVE] + rows[service * ROW_INTS + S_RESERVATIONS]
    // What was taken over counts until its end, too, has been told.
    if (held > bounds.descendants && !hasTakenOver)
      throw new Violation(`${name}: ${held} descendants, ${bounds.descendants} at most`)
    for (const top of tops(grove, service)) {
      for (const slot of subtree(grove, top)) checkNode(grove, slot, name, bounds, areChildrenBounded(name))
    }
    const wrong = recountService(grove, service)
    if (wrong > 0) throw new Violation(`${name}: ${wrong} counters differ from a recount`)
  }
}

function checkNode(grove: Grove, slot: number, name: string, bounds: Limits, isBounded: boolean): void {
  const { rows } = grove.memory
  const at = slot * ROW_INTS
  const flags = rows[at + FLAGS]
  const kind = flags & KIND_MASK
  const state = flags & STATE_MASK
  const who = `${name}: process ${rows[at + PID]}`
  const children = rows[at + CHARGED] + rows[at + RESERVED_SLOTS]
  if (isBounded && kind !== VIRTUAL_ROOT && children > bounds.children) {
    throw new Violation(`${who} has ${children} children, ${bounds.children} at most`)
  }
  if (kind === ROOT || kind === VIRTUAL_ROOT || (state !== LIVE && state !== EXITED)) return
  if (rows[at + PARENT] === 0) throw new Violation(`${who} has no ancestor`)
  if (depthOf(flags) >= bounds.depth) throw new Violation(`${who} is at depth ${depthOf(flags)} of ${bounds.depth}`)
}
