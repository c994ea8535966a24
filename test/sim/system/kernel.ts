/** The process table, and of each service its keeper: parent of all it runs, which outlives the daemon. */

import type { Exit } from '../../../protocol/children.js'
import type { Random } from './random.js'

/** Few enough that a pid is soon another's. */
const PIDS = { first: 2, last: 60 } as const

export interface Kept {
  readonly id: number
  readonly parentId: number
  readonly service: string
  readonly pid: number
  readonly startTicks: number
  readonly startedAt: number
  readonly word: string
  readonly isRoot: boolean
  exit: Exit | null
  /** Whether the exit lies in the keeper's journal: a full disk keeps it out. */
  isJournalled: boolean
  /** The daemon has said that it applied the exit. */
  isAcknowledged: boolean
}

export class Kernel {
  readonly kept: Kept[] = []
  /** Told of an exit once it is journalled. */
  onExit: (kept: Kept) => void = () => undefined
  isDiskFull = false
  /** Processes that were started below the roots of each service, ever. */
  readonly startedEver = new Map<string, number>()
  private ticks = 100
  private lastId = 0
  private readonly random: Random
  private readonly wallMs: () => number

  constructor(random: Random, wallMs: () => number) {
    this.random = random
    this.wallMs = wallMs
  }

  living(service?: string): Kept[] {
    return this.kept.filter(({ exit, service: of }) => exit === null && (service === undefined || of === service))
  }

  /** Null when no pid is free. */
  start(service: string, parentPid: number | null, parentTicks: number | null, word: string): Kept | null {
    const taken = new Set(this.living().map(({ pid }) => pid))
    const free = Array.from({ length: PIDS.last - PIDS.first + 1 }, (_, index) => PIDS.first + index)
    const pid = this.random.pick(free.filter(one => !taken.has(one)))
    if (pid === undefined) return null
    const parent = this.kept.findLast(
      one => one.service === service && one.pid === parentPid && one.startTicks === (parentTicks ?? one.startTicks),
    )
    const kept: Kept = {
      id: ++this.lastId,
      parentId: parent?.id ?? 0,
      service,
      pid,
      startTicks: ++this.ticks,
      startedAt: this.wallMs(),
      word,
      isRoot: parentPid === null,
      exit: null,
      isJournalled: false,
      isAcknowledged: false,
    }
    this.kept.push(kept)
    if (!kept.isRoot) this.startedEver.set(service, (this.startedEver.get(service) ?? 0) + 1)
    return kept
  }

  end(kept: Kept, exit: Omit<Exit, 'finishedAt'>): void {
    if (kept.exit !== null) return
    kept.exit = { ...exit, finishedAt: this.wallMs() }
    this.journal()
  }

  /** Writes what was waiting for the disk, and tells it. */
  journal(): void {
    if (this.isDiskFull) return
    for (const kept of this.kept) {
      if (kept.exit === null || kept.isJournalled) continue
      kept.isJournalled = true
      this.onExit(kept)
    }
  }

  /** The machine goes down: nothing runs any more, and no keeper is there to tell of it. */
  goDown(): void {
    this.kept.length = 0
    this.isDiskFull = false
  }

  /** What a new daemon is told: everything but whole trees whose exits are all known. */
  tell(service: string): Kept[] {
    return this.kept.filter(one => one.service === service && !(one.isAcknowledged && this.isAlone(one)))
  }

  private isAlone(kept: Kept): boolean {
    return this.kept.every(one => one.parentId !== kept.id || (one.isAcknowledged && this.isAlone(one)))
  }
}
