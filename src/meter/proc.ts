/** The meter of Linux: one read a process gives who it is, whose child, its CPU and its memory. Runs in the meter's thread. */

import { ForkFinder, hasEnded } from './forks.js'
import { StatReader } from './reader.js'
import type { KeeperTarget, MeterRound, MeterSample, MeterTarget, Sampler } from './sampler.js'
import { SeenProcesses } from './seen.js'

/** A sampler that reads `/proc`, with its own memory of what it saw. */
export function createProcSampler(): Sampler {
  return new ProcSampler()
}

class ProcSampler implements Sampler {
  private readonly reader = new StatReader()
  private readonly seen = new SeenProcesses()
  private readonly finder = new ForkFinder(this.reader, this.seen)

  async sample(targets: readonly MeterTarget[], keepers: readonly KeeperTarget[]): Promise<MeterRound> {
    const { reader, seen } = this
    seen.begin(performance.now())
    const samples: MeterSample[] = []
    const missed: number[] = []
    const ours = new Set<number>()
    for (const { pid, startTicks, isSummed = false } of targets) {
      if (!isSummed && seen.restsNow(pid, startTicks)) {
        ours.add(pid)
        continue
      }
      if (!reader.readKept(pid)) {
        if (reader.hasFailed) missed.push(pid)
        continue
      }
      if (hasEnded(reader.stat)) continue
      if (startTicks !== null && startTicks !== reader.stat.startTicks) continue
      ours.add(pid)
      samples.push(seen.measure(pid, reader.stat))
    }
    const found = this.finder.find(ours, keepers)
    const held = seen.end()
    reader.keepOnly(pid => seen.has(pid))
    return { samples, missed, found, held }
  }
}
