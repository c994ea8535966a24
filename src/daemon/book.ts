/** The living processes of this daemon, and who they all were. */

import type { ManagedProcess } from './process.js'

/** Longest walk from a process to its root: the deepest tree there can be, and one more. */
const WALK_MAX = 65

export interface ProcessBook {
  add(process: ManagedProcess): void
  /** Takes out this very process; another that got its pid stays. */
  remove(process: ManagedProcess): void
  find(pid: number): ManagedProcess | undefined
  /** Waits at most `withinMs` for a process that was launched and is not in the book yet, be it that an older one has its pid there. */
  registered(pid: number, startTicks: number | null, withinMs: number): Promise<ManagedProcess | null>
  /** Living ones in the order of their start, of one service or of all. */
  living(service?: string): readonly ManagedProcess[]
  /** Children of a service ever added; its root is none. */
  spawned(service: string): number
  /** True when `pid` lives in the same service and is `top` or hangs below it. */
  isAtOrBelow(pid: number, top: ManagedProcess): boolean
  /** Most that ever lived at the same time. */
  readonly peak: number
  /** Start ticks by pid of everything ever added; a pid used again has the later ones. At most as many as there are pids. */
  readonly launched: ReadonlyMap<number, number | null>
}

/** An empty book. */
export function createProcessBook(): ProcessBook {
  const byPid = new Map<number, ManagedProcess>()
  const launched = new Map<number, number | null>()
  const spawned = new Map<string, number>()
  const waiting = new Map<number, ((process: ManagedProcess | null) => void)[]>()
  let peak = 0
  return {
    add(process) {
      byPid.set(process.pid, process)
      for (const wake of waiting.get(process.pid) ?? []) wake(process)
      waiting.delete(process.pid)
      launched.set(process.pid, process.startTicks)
      peak = Math.max(peak, byPid.size)
      const { service, parentPid } = process
      if (parentPid !== null) spawned.set(service, (spawned.get(service) ?? 0) + 1)
    },
    remove(process) {
      if (byPid.get(process.pid) === process) byPid.delete(process.pid)
    },
    find: pid => byPid.get(pid),
    async registered(pid, startTicks, withinMs) {
      const there = byPid.get(pid)
      const isOlder = there?.startTicks != null && startTicks !== null && there.startTicks < startTicks
      if (there !== undefined && !isOlder) return there
      let timer: NodeJS.Timeout | undefined
      const found = await new Promise<ManagedProcess | null>(settle => {
        waiting.set(pid, [...(waiting.get(pid) ?? []), settle])
        timer = setTimeout(() => {
          waiting.delete(pid)
          settle(null)
        }, withinMs)
      })
      clearTimeout(timer)
      return found
    },
    living: service => [...byPid.values()].filter(process => service === undefined || process.service === service),
    spawned: service => spawned.get(service) ?? 0,
    isAtOrBelow(pid, top) {
      let at = byPid.get(pid)
      for (let step = 0; at !== undefined && step < WALK_MAX; step++) {
        if (at.service !== top.service) return false
        if (at === top) return true
        at = at.parentPid === null ? undefined : byPid.get(at.parentPid)
      }
      return false
    },
    get peak() {
      return peak
    },
    launched,
  }
}
