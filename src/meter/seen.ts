/** What the last rounds saw of each process: its CPU time is a difference, and who does nothing need not be looked at again at once. */

import type { Stat } from '../os/stat.js'
import { readKernelUnits } from '../os/units.js'
import type { MeterSample } from './sampler.js'

/** One that has used no CPU between so many looks does nothing. */
const STILL_LOOKS = 4

/** Who does nothing is looked at in one round of so many. */
export const STILL_ROUNDS = 4

interface Seen {
  startTicks: number
  cpuTicks: number
  rssBytes: number
  atMs: number
  /** Looks in a row that found no CPU used since the one before. */
  stillLooks: number
  round: number
}

/** The processes of the last round. */
export class SeenProcesses {
  private readonly units = readKernelUnits()
  private readonly byPid = new Map<number, Seen>()
  private round = 0
  private nowMs = 0
  private rssBytes = 0
  private count = 0

  /** Begins a round. */
  begin(nowMs: number): void {
    this.round++
    this.nowMs = nowMs
    this.rssBytes = 0
    this.count = 0
  }

  /**
   * True where a process does nothing and its turn to be looked at has not come: it counts with what it had. A process that
   * does nothing takes no memory either: that is done by using CPU.
   */
  restsNow(pid: number, startTicks: number | null): boolean {
    const seen = this.byPid.get(pid)
    if (seen === undefined || (startTicks !== null && seen.startTicks !== startTicks)) return false
    // By the pid, so that each round has its share.
    if (seen.stillLooks < STILL_LOOKS || (this.round + pid) % STILL_ROUNDS === 0) return false
    this.take(seen)
    return true
  }

  /** What was read of a process now, with its CPU since the look before. */
  measure(pid: number, { startTicks, cpuTicks, rssPages }: Stat): MeterSample {
    const rssBytes = rssPages * this.units.pageBytes
    const before = this.byPid.get(pid)
    if (before === undefined || before.startTicks !== startTicks) {
      const first = { startTicks, cpuTicks, rssBytes, atMs: this.nowMs, stillLooks: 0, round: 0 }
      this.byPid.set(pid, first)
      this.take(first)
      return { pid, cpuPercent: null, rssBytes }
    }
    const seconds = (this.nowMs - before.atMs) / 1000
    const used = (cpuTicks - before.cpuTicks) / this.units.ticksPerSecond
    before.stillLooks = cpuTicks === before.cpuTicks ? before.stillLooks + 1 : 0
    before.cpuTicks = cpuTicks
    before.rssBytes = rssBytes
    before.atMs = this.nowMs
    this.take(before)
    return { pid, cpuPercent: seconds > 0 ? (100 * used) / seconds : 0, rssBytes }
  }

  /** Ends the round: forgets who was not in it. Gives what all who were in it hold together. */
  end(): { readonly processes: number; readonly rssBytes: number } {
    for (const [pid, { round }] of this.byPid) if (round !== this.round) this.byPid.delete(pid)
    return { processes: this.count, rssBytes: this.rssBytes }
  }

  has(pid: number): boolean {
    return this.byPid.has(pid)
  }

  private take(seen: Seen): void {
    seen.round = this.round
    this.rssBytes += seen.rssBytes
    this.count++
  }
}
