/** How much of its rate a service uses, as the events tell it. */

import type { ChronicleEntry } from '../../protocol/wire/chronicle.js'

/**
 * Grants that count at `nowMs` (Unix ms), of the parent that has most, by service: of those in `windows`, by their windows in
 * ms. `latestFirst` is read as far back as the longest of them. A record without a ticket, which takes a slot too, is none.
 */
export function ratesUsed(
  latestFirst: Iterable<ChronicleEntry>,
  windows: ReadonlyMap<string, number>,
  nowMs: number,
): ReadonlyMap<string, number> {
  const longestMs = Math.max(0, ...windows.values())
  const byParent = new Map<string, number>()
  const most = new Map<string, number>()
  for (const { at, event } of latestFirst) {
    if (nowMs - at >= longestMs) break
    if (event.kind !== 'spawn_granted' || nowMs - at >= (windows.get(event.service) ?? 0)) continue
    const key = `${event.service} ${event.parentPid}`
    const grants = (byParent.get(key) ?? 0) + 1
    byParent.set(key, grants)
    most.set(event.service, Math.max(grants, most.get(event.service) ?? 0))
  }
  return most
}
