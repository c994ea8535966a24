/** Lives of processes: the living by pid, and of each service the latest that have ended. */

import type { Exit } from '../../../protocol/children.js'
import { type EndOrder, HISTORY_ENDS_MAX } from '../../../protocol/wire/past.js'
import type { ExitDetails } from '../../launch.js'
import type { ManagedProcess } from '../process.js'
import type { Journal } from './journal.js'
import { type EndedLife, endLife, type Life, type LifeProcess, lifeOf } from './life.js'
import { isEnded, type StoredLife } from './stored-life.js'

/** Ends kept of one service; past it the oldest is forgotten. */
export const ENDS_KEPT = HISTORY_ENDS_MAX

/** How long an end is kept, in ms: seven days, by the end that came last. */
export const ENDS_KEPT_MS = 7 * 86_400_000

export interface Lives {
  /** Takes in what a daemon before this one has stored, before anything begins here. Lives of another boot are forgotten. */
  restore(stored: readonly StoredLife[]): void
  begin(process: ManagedProcess): void
  /** The first order stays: what follows hastens it at most. */
  order(pid: number, order: EndOrder): void
  move(pid: number, toPid: number): void
  measure(pid: number, cpuPercent: number | null, rssBytes: number | null): void
  end(process: ManagedProcess, exit: Exit): void
  /**
   * Of a life that was restored and has not begun again nobody can say how it ended: at this time, in Unix ms, it has. Gives those
   * that run on all the same.
   */
  giveUp(service: string, atMs: number, runs: (process: LifeProcess) => boolean): readonly Life[]
  living(): readonly Life[]
  /** The living one. */
  find(pid: number): Life | null
  /** One that was restored, has not begun again, and was this process. */
  recall(pid: number, startTicks: number | null): Life | null
  /** Of all services, in the order of their ends. */
  ended(): readonly EndedLife[]
}

/** None so far. @param boot id of this boot */
export function createLives(journal: Journal, boot = ''): Lives {
  const living = new Map<number, Life>()
  const ended = new Map<string, Set<EndedLife>>()
  /** Of this boot, by identity: lives of which nobody has heard yet here, and those that had ended already. */
  const recalled = new Map<string, Life>()
  const told = new Set<string>()
  /** Lives whose end is known from before: it may be told again. */
  const known = new Set<Life>()
  const numbers = new Map<string, number>()

  const takeNumber = (service: string) => {
    const number = (numbers.get(service) ?? 0) + 1
    numbers.set(service, number)
    return number
  }
  const keep = (life: EndedLife) => {
    const { service } = life.process
    const kept = ended.get(service) ?? new Set()
    ended.set(service, kept)
    kept.add(life)
    let old = 0
    for (const oldest of kept) {
      const isOld = life.exit.finishedAt - oldest.exit.finishedAt > ENDS_KEPT_MS
      if (!isOld && kept.size <= ENDS_KEPT) break
      kept.delete(oldest)
      if (isOld) old++
    }
    return old
  }
  const finish = (life: EndedLife) => {
    const old = keep(life)
    journal.ended(life)
    if (old > 0) journal.forgetEnds(life.process.service, old)
  }

  return {
    restore(stored) {
      const byNumber = new Map(stored.map(({ life }) => [`${life.process.service} ${life.number}`, life]))
      for (const { life, parentNumber, boot: its } of stored) {
        const { service } = life.process
        numbers.set(service, Math.max(numbers.get(service) ?? 0, life.number))
        life.parent = byNumber.get(`${service} ${parentNumber}`) ?? null
        if (isEnded(life)) keep(life)
        const identity = identityOf(life.process)
        if (isEnded(life)) {
          if (its === boot) told.add(identity)
        } else if (its === boot && !told.has(identity)) recalled.set(identity, life)
        else journal.forget(service, life.number)
      }
    },
    begin(process) {
      const identity = identityOf(process)
      const parent = process.parentPid === null ? null : (living.get(process.parentPid) ?? null)
      const before = recalled.get(identity)
      recalled.delete(identity)
      const life = before ?? lifeOf(process, parent, takeNumber(process.service))
      // Of many thousands that are taken over few have changed.
      const isStored =
        before !== undefined && isAsStored(before.process, process) && (parent ?? before.parent) === before.parent
      life.process = process
      life.parent = parent ?? life.parent
      living.set(process.pid, life)
      if (told.delete(identity)) known.add(life)
      else if (!isStored) journal.lives(life)
    },
    order(pid, order) {
      const life = living.get(pid)
      if (life === undefined || life.order !== null) return
      life.order = order
      if (!known.has(life)) journal.lives(life)
    },
    move(pid, toPid) {
      const life = living.get(pid)
      if (life === undefined) return
      life.parent = living.get(toPid) ?? null
      if (!known.has(life)) journal.lives(life)
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
      takeUsage(life, process.usage?.() ?? null)
      if (!known.delete(life)) finish(endLife(life, exit))
    },
    giveUp(service, atMs, runs) {
      const left = [...recalled].filter(([, { process }]) => process.service === service)
      const gone = left.filter(([, { process }]) => !runs(process))
      for (const [identity, life] of gone) {
        recalled.delete(identity)
        finish(endLife(life, { exitCode: null, signal: null, finishedAt: atMs, reason: 'unknown' }))
      }
      return [...recalled.values()].filter(({ process }) => process.service === service)
    },
    living: () => [...living.values()],
    find: pid => living.get(pid) ?? null,
    recall: (pid, startTicks) => recalled.get(identityOf({ pid, startTicks })) ?? null,
    ended: () => [...ended.values()].flatMap(kept => [...kept]).sort((a, b) => a.exit.finishedAt - b.exit.finishedAt),
  }
}

/** Whether what is stored of a process is what would be stored of it now. */
function isAsStored(stored: LifeProcess, now: LifeProcess): boolean {
  const { name, depth, command, parentPid, startedAt, ttlMs } = stored
  const isPlaced = parentPid === now.parentPid && depth === now.depth
  return isPlaced && name === now.name && command === now.command && startedAt === now.startedAt && ttlMs === now.ttlMs
}

function identityOf({ pid, startTicks }: Pick<ManagedProcess, 'pid' | 'startTicks'>): string {
  return `${pid} ${startTicks}`
}

/** The meter may have looked between two peaks: the kernel has not. */
function takeUsage(life: Life, usage: ExitDetails | null): void {
  if (usage === null) return
  life.peakRssBytes = larger(life.peakRssBytes, usage.maxRssBytes)
  life.cpuMs = usage.userMs + usage.systemMs
  life.coreDumped = usage.coreDumped
}

function larger(one: number | null, other: number | null): number | null {
  return one === null || (other !== null && other > one) ? other : one
}
