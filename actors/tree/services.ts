/** Services: created with their virtual root, given new limits, ended, forgotten. */

import {
  COUNT_PERIPHERALS,
  FLAGS,
  FLOAT_SHIFT,
  FREE,
  GENERATION,
  H_FIRST_SERVICE,
  H_LAST_SERVICE,
  L_ADOPTED,
  L_CHILDREN,
  L_CHOICES,
  L_DEPTH,
  L_DESCENDANTS,
  L_GRACE,
  L_KEEP_EXITED,
  L_LIFETIME,
  L_RATE,
  L_RATE_WINDOW,
  L_SERVICE_RATE,
  L_SERVICE_RATE_WINDOW,
  L_TICKET_TTL,
  L_TOTAL_MEMORY,
  L_TTL_MAX,
  LIMITS_ROW,
  MEMORY_ACTION_SHIFT,
  NEXT,
  POLICY_SHIFT,
  PREVIOUS,
  ROW_INTS,
  ROW_SHIFT,
  S_CLOSING,
  S_ID,
  S_LIFETIME,
  S_LIMITS,
  S_VIRTUAL_ROOT,
  SERVICE,
  SERVICE_ROW,
  STRICT,
  TEXT_META,
  TRACKED,
  VIRTUAL_ROOT,
} from '../../protocol/lane/rows.js'
import { textInts, textMeta, writeAscii } from '../../protocol/lane/text.js'
import type { Limits } from '../../protocol/limits.js'
import { COUNTINGS, MEMORY_ACTIONS } from '../../protocol/limits.js'
import { TERMINATION_POLICIES } from '../../protocol/trees.js'
import { evict } from './exit.js'
import { setDeepest } from './links.js'
import { endSome, tops } from './metrics.js'
import { order } from './react.js'
import { recountService } from './recount.js'
import { removeRows, subtree } from './remove.js'
import { release as releaseRing } from './ring.js'
import { fillRoot } from './roots.js'
import type { Grove } from './state.js'
import { writeTexts } from './texts.js'
import { releaseAll } from './tickets.js'

/** Creates a service that has `charges` grants behind it, or replaces its limits: nodes, counters and tickets survive. */
export function registerService(grove: Grove, id: number, name: string, limits: Limits, charges = 0): void {
  const known = grove.services.get(id)
  const service = known ?? create(grove, id, name, charges)
  const before = known === undefined ? 0 : grove.limit(service, L_CHOICES)
  writeLimits(grove, service, limits)
  if (known !== undefined) {
    const counts = TRACKED | COUNT_PERIPHERALS
    if ((before & counts) !== (grove.limit(service, L_CHOICES) & counts)) recountService(grove, service)
    evict(grove, service)
    endSome(grove, service)
  }
  if (grove.happens(service)) grove.tell(service, 'service_registered', { limits, replaced: known !== undefined })
}

/** The order that ends everything below a service; its tickets die and it grants no more. */
export function endService(grove: Grove, service: number): void {
  const { memory } = grove
  const at = (service << ROW_SHIFT) + FLAGS
  memory.set(at, memory.rows[at] | S_CLOSING)
  releaseAll(grove, service, 0)
  order(grove, service, tops(grove, service), 'stop')
}

/** Forgets a service and everything recorded below it. */
export function forgetService(grove: Grove, service: number): void {
  const { memory } = grove
  const { rows } = memory
  const at = service << ROW_SHIFT
  releaseAll(grove, service, 0)
  const virtual = rows[at + S_VIRTUAL_ROOT]
  const adopted = grove.limit(service, L_ADOPTED)
  for (const top of [virtual, adopted]) removeRows(grove, subtree(grove, top).slice(1), false)
  removeRows(grove, subtree(grove, service).slice(1), false)
  if (grove.happens(service)) grove.tell(service, 'service_unregistered', {})
  const next = rows[at + NEXT]
  const previous = rows[at + PREVIOUS]
  memory.set(previous === 0 ? H_FIRST_SERVICE : (previous << ROW_SHIFT) + NEXT, next)
  memory.set(next === 0 ? H_LAST_SERVICE : (next << ROW_SHIFT) + PREVIOUS, previous)
  grove.services.delete(rows[at + S_ID])
  releaseRing(memory, service)
  releaseRing(memory, virtual)
  releaseRing(memory, adopted)
  for (const slot of [rows[at + S_LIMITS], virtual, adopted, service]) {
    memory.set((slot << ROW_SHIFT) + FLAGS, FREE)
    // These are no rows of a tree: what stood where a free row has its link must come back with an undo.
    memory.set((slot << ROW_SHIFT) + NEXT, 0)
    memory.giveRow(slot)
  }
}

function create(grove: Grove, id: number, name: string, charges: number): number {
  const { memory } = grove
  const service = memory.takeRow()
  const limits = memory.takeRow()
  const virtual = memory.takeRow()
  const adopted = memory.takeRow()
  const at = service << ROW_SHIFT
  const generation = grove.nextGeneration(service)
  memory.rows.fill(0, at, at + ROW_INTS)
  memory.rows[at + GENERATION] = generation
  memory.set(at + FLAGS, SERVICE_ROW)
  memory.rows[at + S_ID] = id
  memory.floats[(service << FLOAT_SHIFT) + S_LIFETIME] = charges
  memory.rows[at + SERVICE] = service
  memory.rows[at + S_LIMITS] = limits
  memory.rows[at + S_VIRTUAL_ROOT] = virtual
  const text = new Int32Array(16)
  writeAscii(text, 0, name)
  const meta = textMeta(name.length, 0, 0, true)
  writeTexts(memory, service, text, 0, textInts(meta))
  memory.rows[at + TEXT_META] = meta
  const last = memory.rows[H_LAST_SERVICE]
  memory.rows[at + PREVIOUS] = last
  memory.set(last === 0 ? H_FIRST_SERVICE : (last << ROW_SHIFT) + NEXT, service)
  memory.set(H_LAST_SERVICE, service)
  memory.rows[(limits << ROW_SHIFT) + GENERATION] = grove.nextGeneration(limits)
  memory.set((limits << ROW_SHIFT) + FLAGS, LIMITS_ROW)
  fillRoot(grove, virtual, service, 0, VIRTUAL_ROOT)
  fillRoot(grove, adopted, service, 0, VIRTUAL_ROOT)
  memory.rows[(limits << ROW_SHIFT) + L_ADOPTED] = adopted
  setDeepest(grove, service, 0)
  grove.services.set(id, service)
  return service
}

function writeLimits(grove: Grove, service: number, limits: Limits): void {
  const { memory } = grove
  const at = grove.limits(service)
  const put = (which: number, value: number | null) => memory.set(at + which, value ?? -1)
  put(L_DEPTH, limits.depth)
  put(L_CHILDREN, limits.children)
  put(L_DESCENDANTS, limits.descendants)
  put(L_RATE, limits.rate?.limit ?? null)
  put(L_RATE_WINDOW, limits.rate?.windowMs ?? null)
  put(L_SERVICE_RATE, limits.serviceRate?.limit ?? null)
  put(L_SERVICE_RATE_WINDOW, limits.serviceRate?.windowMs ?? null)
  put(L_LIFETIME, limits.lifetime)
  put(L_GRACE, limits.graceMs)
  put(L_KEEP_EXITED, limits.keepExited)
  put(L_TICKET_TTL, limits.ticketTtlMs)
  put(
    L_CHOICES,
    (limits.counting === COUNTINGS[1] ? TRACKED : 0) |
      (limits.countPeripherals ? COUNT_PERIPHERALS : 0) |
      (limits.strict ? STRICT : 0) |
      (TERMINATION_POLICIES.indexOf(limits.terminationPolicy) << POLICY_SHIFT) |
      (MEMORY_ACTIONS.indexOf(limits.memoryAction) << MEMORY_ACTION_SHIFT),
  )
  const float = memory.rows[(service << ROW_SHIFT) + S_LIMITS] << FLOAT_SHIFT
  memory.setFloat(float + L_TOTAL_MEMORY, limits.totalMemory ?? -1)
  memory.setFloat(float + L_TTL_MAX, limits.ttlMaxMs ?? -1)
}
