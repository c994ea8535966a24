/**
 * The meter of Linux: one read a process gives who it is, whose child, its CPU and its memory. What nobody asked for is
 * found by going up from every process of the machine to one of ours. Runs in the meter's thread.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { isPid } from '../../protocol/ids.js'
import { readKernelUnits } from '../os/units.js'
import {
  FORKS_MAX,
  type FoundFork,
  type KeeperTarget,
  type MeterRound,
  type MeterSample,
  type Sampler,
} from './sampler.js'
import { StatReader } from './stat.js'

/** An orphan younger than this may be a spawn that its keeper has not reported yet, in ms. */
const ORPHAN_AGE_MS = 150

/** A fork has its parent's name and command until it executes another program, mostly much sooner than this, in ms. */
const SETTLED_AGE_MS = 1000

/** One that was found to be none of ours is looked at again after so many rounds: its pid may be a fork of ours by then. */
const FOREIGN_ROUNDS = 2

/** Longest way up that is followed. */
const STEPS_MAX = 256

/** Longest command line kept of a fork, in characters. */
const COMMAND_LENGTH_MAX = 256

/** Up to here the kernel's own and the first process, which are nobody's forks. */
const INIT = 1

const ZOMBIE = 'Z'.charCodeAt(0)
const DEAD = 'X'.charCodeAt(0)

interface Seen {
  readonly startTicks: number
  readonly cpuTicks: number
  readonly atMs: number
}

/** What was read of a process that is no target. */
interface Other extends MeterSample {
  readonly parentPid: number
  readonly startTicks: number
  readonly name: string
}

/** A sampler that reads `/proc`, with its own memory of what it saw. */
export function createProcSampler(): Sampler {
  return new ProcSampler()
}

class ProcSampler implements Sampler {
  private readonly units = readKernelUnits()
  private readonly reader = new StatReader()
  private readonly foreign = new Map<number, number>()
  private seen = new Map<number, Seen>()
  private next = new Map<number, Seen>()
  /** The forks found in the last round. */
  private forks: ReadonlyMap<number, FoundFork> = new Map()
  private round = 0

  async sample(targets: Parameters<Sampler['sample']>[0], keepers: readonly KeeperTarget[]): Promise<MeterRound> {
    this.round++
    this.next = new Map()
    const nowMs = performance.now()
    const samples: MeterSample[] = []
    const missed: number[] = []
    const ours = new Set<number>()
    for (const { pid, startTicks } of targets) {
      const { reader } = this
      if (!reader.readKept(pid)) {
        if (reader.hasFailed) missed.push(pid)
        continue
      }
      if (hasEnded(reader)) continue
      if (startTicks !== null && startTicks !== reader.stat.startTicks) continue
      ours.add(pid)
      samples.push(this.measured(pid, nowMs))
    }
    const found = this.find(ours, keepers, nowMs)
    this.forks = new Map(found.map(fork => [fork.pid, fork]))
    this.seen = this.next
    this.reader.keepOnly(pid => this.seen.has(pid))
    return { samples, missed, found }
  }

  /** The sample of the process that was read last. */
  private measured(pid: number, nowMs: number): MeterSample {
    const { cpuTicks, startTicks, rssPages } = this.reader.stat
    const before = this.seen.get(pid)
    this.next.set(pid, { startTicks, cpuTicks, atMs: nowMs })
    const rssBytes = rssPages * this.units.pageBytes
    if (before === undefined || before.startTicks !== startTicks) return { pid, cpuPercent: null, rssBytes }
    const seconds = (nowMs - before.atMs) / 1000
    const used = (cpuTicks - before.cpuTicks) / this.units.ticksPerSecond
    return { pid, cpuPercent: seconds > 0 ? (100 * used) / seconds : 0, rssBytes }
  }

  /** Every process that hangs below one of `ours`, or has come back to a keeper. */
  private find(ours: ReadonlySet<number>, keepers: readonly KeeperTarget[], nowMs: number): FoundFork[] {
    const byKeeper = new Map(keepers.map(({ pid, service }) => [pid, service]))
    const others = this.readOthers(ours, byKeeper, nowMs)
    const uptimeMs = readUptimeMs()
    const found: FoundFork[] = []
    for (const other of others.values()) {
      const above = this.above(other, others, ours, byKeeper)
      if (above === 'foreign') this.foreign.set(other.pid, this.round)
      if (above === 'foreign' || above === 'unknown') {
        this.next.delete(other.pid)
        continue
      }
      const ageMs = Math.max(0, uptimeMs - (other.startTicks * 1000) / this.units.ticksPerSecond)
      if (above.service !== null && ageMs < ORPHAN_AGE_MS) continue
      if (found.length >= FORKS_MAX) break
      found.push({ ...withoutParent(other), ...above, command: this.commandOf(other), ageMs })
    }
    return found
  }

  /** Kept from the last round where that one was old enough to have executed what it is there for, and still runs it. */
  private commandOf({ pid, startTicks, name }: Other): string {
    const before = this.forks.get(pid)
    const isSame = before !== undefined && before.startTicks === startTicks && before.name === name
    return isSame && before.ageMs >= SETTLED_AGE_MS ? before.command : readCommand(pid)
  }

  private readOthers(
    ours: ReadonlySet<number>,
    keepers: ReadonlyMap<number, string>,
    nowMs: number,
  ): ReadonlyMap<number, Other> {
    const others = new Map<number, Other>()
    const listed = new Set<number>()
    for (const entry of readdirSync('/proc')) {
      const pid = Number(entry)
      if (!isPid(pid)) continue
      listed.add(pid)
      const foreignSince = this.foreign.get(pid)
      const isForeign = foreignSince !== undefined && this.round - foreignSince < FOREIGN_ROUNDS
      if (ours.has(pid) || keepers.has(pid) || isForeign) continue
      const isRead = this.forks.has(pid) ? this.reader.readKept(pid) : this.reader.readOnce(pid)
      if (!isRead || hasEnded(this.reader)) continue
      const { parentPid, startTicks, name } = this.reader.stat
      others.set(pid, { ...this.measured(pid, nowMs), parentPid, startTicks, name })
    }
    for (const pid of this.foreign.keys()) if (!listed.has(pid)) this.foreign.delete(pid)
    return others
  }

  /**
   * Whose fork it is; foreign when the way up ends with somebody else's. Where a parent has ended between two reads, or
   * came after we were asked, the way is broken and the next round knows more.
   */
  private above(
    other: Other,
    others: ReadonlyMap<number, Other>,
    ours: ReadonlySet<number>,
    keepers: ReadonlyMap<number, string>,
  ): Pick<FoundFork, 'ancestorPid' | 'service'> | 'foreign' | 'unknown' {
    let at = other.parentPid
    for (let step = 0; step < STEPS_MAX; step++) {
      if (ours.has(at)) return { ancestorPid: at, service: null }
      const service = keepers.get(at)
      if (service !== undefined) return { ancestorPid: null, service }
      if (at <= INIT || this.foreign.has(at)) return 'foreign'
      const parent = others.get(at)
      if (parent === undefined) return 'unknown'
      at = parent.parentPid
    }
    return 'unknown'
  }
}

function withoutParent({ pid, cpuPercent, rssBytes, startTicks, name }: Other): Omit<Other, 'parentPid'> {
  return { pid, cpuPercent, rssBytes, startTicks, name }
}

function hasEnded({ stat }: StatReader): boolean {
  return stat.state === ZOMBIE || stat.state === DEAD
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
