/**
 * What nobody asked for, found by going up from a process of the machine to one of ours. Who is a stranger's stays so as long
 * as it has its pid, so only new pids are looked at, and what was found before. Runs in the meter's thread.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { isPid } from '../../protocol/ids.js'
import type { Stat } from '../os/stat.js'
import { readKernelUnits } from '../os/units.js'
import { PidCursor } from './cursor.js'
import type { StatReader } from './reader.js'
import { FORKS_MAX, type FoundFork, type KeeperTarget } from './sampler.js'
import type { SeenProcesses } from './seen.js'

/** An orphan younger than this may be a spawn that its keeper has not reported yet, in ms. */
const ORPHAN_AGE_MS = 150

/** A fork has its parent's name and command until it executes another program, mostly much sooner than this, in ms. */
const SETTLED_AGE_MS = 1000

/** In one round of so many all pids are gone through: what the kernel's order of pids did not tell, is found then. */
export const FULL_ROUNDS = 4

/** Of those rounds, in one of so many a stranger is looked at again, in case it is not who it was. */
const STRANGER_FULL_ROUNDS = 4

/** Longest way up that is followed. */
const STEPS_MAX = 256

/** Longest command line kept of a fork, in characters. */
const COMMAND_LENGTH_MAX = 256

/** Up to here the kernel's own and the first process, which are nobody's forks. */
const INIT = 1

const ZOMBIE = 'Z'.charCodeAt(0)
const DEAD = 'X'.charCodeAt(0)

/** What was read of a process that is no target. */
interface Other {
  readonly pid: number
  readonly name: string
  readonly stat: Stat
}

/** Who is ours: what was asked about, and the keepers with the service of each. */
interface Ours {
  readonly targets: ReadonlySet<number>
  readonly keepers: ReadonlyMap<number, string>
}

/** Reads with the descriptors of others, and measures into what they have seen. */
export class ForkFinder {
  private readonly reader: StatReader
  private readonly seen: SeenProcesses
  private readonly ticksPerSecond = readKernelUnits().ticksPerSecond
  private readonly cursor = new PidCursor()
  private readonly strangers = new Set<number>()
  /** Those that are looked at in each round: forks of ours, and who may be one. */
  private readonly watched = new Set<number>()
  /** The forks found in the last round. */
  private forks: ReadonlyMap<number, FoundFork> = new Map()
  private round = 0

  constructor(reader: StatReader, seen: SeenProcesses) {
    this.reader = reader
    this.seen = seen
  }

  /** Every process that hangs below one of `targets`, or has come back to a keeper. */
  find(targets: ReadonlySet<number>, keeperTargets: readonly KeeperTarget[]): FoundFork[] {
    const keepers = new Map(keeperTargets.map(({ pid, service }) => [pid, service]))
    const ours = { targets, keepers }
    const others = this.readOthers(ours)
    const uptimeMs = others.size === 0 ? 0 : readUptimeMs()
    const found: FoundFork[] = []
    for (const other of others.values()) {
      const { pid, name, stat } = other
      const above = this.above(other, others, ours)
      if (above === 'stranger') this.strangers.add(pid)
      if (above === 'stranger') this.watched.delete(pid)
      else this.watched.add(pid)
      if (above === 'stranger' || above === 'unknown') continue
      const sample = this.seen.measure(pid, stat)
      const ageMs = Math.max(0, uptimeMs - (stat.startTicks * 1000) / this.ticksPerSecond)
      if (above.service !== null && ageMs < ORPHAN_AGE_MS) continue
      if (found.length >= FORKS_MAX) break
      found.push({ ...sample, ...above, startTicks: stat.startTicks, name, command: this.commandOf(other), ageMs })
    }
    this.forks = new Map(found.map(fork => [fork.pid, fork]))
    return found
  }

  /** Kept from the last round where that one was old enough to have executed what it is there for, and still runs it. */
  private commandOf({ pid, stat, name }: Other): string {
    const before = this.forks.get(pid)
    const isSame = before !== undefined && before.startTicks === stat.startTicks && before.name === name
    return isSame && before.ageMs >= SETTLED_AGE_MS ? before.command : readCommand(pid)
  }

  private readOthers(ours: Ours): ReadonlyMap<number, Other> {
    const others = new Map<number, Other>()
    this.cursor.move()
    const isFull = this.admit(ours) || !this.cursor.isKnown || this.round % FULL_ROUNDS === 0
    this.round++
    for (const pid of this.watched) {
      if (isOurs(pid, ours) || !this.look(pid, true, others)) this.watched.delete(pid)
    }
    if (isFull || this.cursor.hasMoved) {
      const listed = readdirSync('/proc').map(Number).filter(isPid)
      for (const pid of listed) {
        if (isOurs(pid, ours) || this.watched.has(pid) || !this.isWorthALook(pid, isFull)) continue
        this.strangers.delete(pid)
        this.look(pid, false, others)
      }
      if (isFull) this.forget(new Set(listed))
    }
    return others
  }

  /** Takes what is ours out of the strangers. True where one was among them: then what is below it may be too. */
  private admit({ targets, keepers }: Ours): boolean {
    let isAny = false
    for (const pids of [targets, keepers.keys()]) {
      for (const pid of pids) if (this.strangers.delete(pid) && !this.cursor.isNew(pid)) isAny = true
    }
    if (isAny) this.strangers.clear()
    return isAny
  }

  private isWorthALook(pid: number, isFull: boolean): boolean {
    if (this.cursor.isNew(pid)) return true
    if (!this.strangers.has(pid)) return isFull
    return isFull && (Math.floor(this.round / FULL_ROUNDS) + pid) % STRANGER_FULL_ROUNDS === 0
  }

  private forget(listed: ReadonlySet<number>): void {
    for (const pid of this.strangers) if (!listed.has(pid)) this.strangers.delete(pid)
  }

  /** False when it is gone. */
  private look(pid: number, isKept: boolean, others: Map<number, Other>): boolean {
    const { reader } = this
    const isRead = isKept ? reader.readKept(pid) : reader.readOnce(pid)
    if (!isRead || hasEnded(reader.stat)) return false
    others.set(pid, { pid, name: reader.name, stat: { ...reader.stat } })
    return true
  }

  /**
   * Whose fork it is; a stranger's when the way up ends with somebody else's. Where a parent has ended between two reads, or
   * came after we were asked, the way is broken and the next round knows more.
   */
  private above(
    other: Other,
    others: ReadonlyMap<number, Other>,
    { targets, keepers }: Ours,
  ): Pick<FoundFork, 'ancestorPid' | 'service'> | 'stranger' | 'unknown' {
    let at = other.stat.parentPid
    for (let step = 0; step < STEPS_MAX; step++) {
      if (targets.has(at)) return { ancestorPid: at, service: null }
      const service = keepers.get(at)
      if (service !== undefined) return { ancestorPid: null, service }
      if (at <= INIT || this.strangers.has(at)) return 'stranger'
      const parent = others.get(at)
      if (parent === undefined) return 'unknown'
      at = parent.stat.parentPid
    }
    return 'unknown'
  }
}

/** One that has ended though its entry is still there. */
export function hasEnded({ state }: Stat): boolean {
  return state === ZOMBIE || state === DEAD
}

function isOurs(pid: number, { targets, keepers }: Ours): boolean {
  return targets.has(pid) || keepers.has(pid)
}

/** What it was started with; '' where it has gone or we may not look. */
function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd().slice(0, COMMAND_LENGTH_MAX)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return ''
    throw error
  }
}

function readUptimeMs(): number {
  return Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000
}
