/** Lives of processes: the living by pid, and of each service the latest that have ended. */

import type { Exit } from '../../../protocol/children.js'
import { type EndOrder, HISTORY_ENDS_MAX } from '../../../protocol/wire/past.js'
import type { ManagedProcess } from '../process.js'
import { type EndedLife, endLife, type Life, lifeOf } from './life.js'

/** Ends kept of one service; past it the oldest is forgotten. */
export const ENDS_KEPT = HISTORY_ENDS_MAX

/** How long an end is kept, in ms: seven days, by the end that came last. */
export const ENDS_KEPT_MS = 7 * 86_400_000

export interface Lives {
  begin(process: ManagedProcess): void
  /** The first order stays: what follows hastens it at most. */
  order(pid: number, order: EndOrder): void
  move(pid: number, toPid: number): void
  measure(pid: number, cpuPercent: number | null, rssBytes: number | null): void
  end(process: ManagedProcess, exit: Exit): void
  living(): readonly Life[]
  /** The living one. */
  find(pid: number): Life | null
  /** Of all services, in the order of their ends. */
  ended(): readonly EndedLife[]
}

/** None so far. */
export function createLives(): Lives {
  const living = new Map<number, Life>()
  const ended = new Map<string, Set<EndedLife>>()

  const keep = (life: EndedLife) => {
    const { service } = life.process
    const kept = ended.get(service) ?? new Set()
    ended.set(service, kept)
    kept.add(life)
    for (const oldest of kept) {
      const isOld = life.exit.finishedAt - oldest.exit.finishedAt > ENDS_KEPT_MS
      if (!isOld && kept.size <= ENDS_KEPT) break
      kept.delete(oldest)
    }
  }

  return {
    begin(process) {
      const parent = process.parentPid === null ? null : (living.get(process.parentPid) ?? null)
      living.set(process.pid, lifeOf(process, parent))
    },
    order(pid, order) {
      const life = living.get(pid)
      if (life !== undefined) life.order ??= order
    },
    move(pid, toPid) {
      const life = living.get(pid)
      if (life !== undefined) life.parent = living.get(toPid) ?? null
    },
    measure(pid, cpuPercent, rssBytes) {
      const life = living.get(pid)
      if (life === undefined) return
      life.peakCpuPercent = larger(life.peakCpuPercent, cpuPercent)
      life.peakRssBytes = larger(life.peakRssBytes, rssBytes)
    },
    end(process, exit) {
      const life = living.get(process.pid)
      // A process that got the pid meanwhile has a life of its own.
      if (life?.process !== process) return
      living.delete(process.pid)
      keep(endLife(life, exit))
    },
    living: () => [...living.values()],
    find: pid => living.get(pid) ?? null,
    ended: () => [...ended.values()].flatMap(kept => [...kept]).sort((a, b) => a.exit.finishedAt - b.exit.finishedAt),
  }
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other > one) ? other : one
}
