/**
 * The meter where there is no `/proc`: samples of CPU and memory through `pidusage`, with a guard for each of its traps. Two
 * concurrent calls for one pid would read CPU as 0 and leak descriptors. Runs in the meter's thread.
 */

import pidusage from 'pidusage'
import { hasEnded, readIdentity } from '../os/process.js'
import type { MeterSample, MeterTarget, Sampler } from './sampler.js'

/**
 * How long pidusage keeps the descriptor and the last counters of a pid that nobody asks about, in ms. Longer than any
 * period, or every sample would be a first one; and never 0, with which it does not return.
 */
export const HISTORY_MS = 20_000

/** How long a pid whose cached descriptor is dead is left alone, so that it expires: age plus pidusage's look at half of it. */
const REST_MS = HISTORY_MS * 2

/** A sampler with its own memory of what it saw. One a thread, and one thread a process: pidusage's cache is global. */
export function createPidusageSampler(): Sampler {
  const seen = new Map<number, number | null>()
  const restingUntilMs = new Map<number, number>()
  return {
    async sample(targets) {
      const nowMs = performance.now()
      forgetOthers(seen, new Set(targets.map(target => target.pid)))
      for (const [pid, untilMs] of restingUntilMs) if (untilMs <= nowMs) restingUntilMs.delete(pid)
      const asked = targets.filter(target => !restingUntilMs.has(target.pid) && isStillItself(target))
      const usage = await readUsage(asked.map(target => target.pid))

      const samples: MeterSample[] = []
      const missed: number[] = []
      for (const target of asked) {
        const { pid, startTicks } = target
        const stat = usage[pid]
        if (stat === undefined || stat === null || !isStillItself(target)) {
          // Its descriptor in pidusage's cache belongs to a process that is gone, and asking would keep it there.
          restingUntilMs.set(pid, nowMs + REST_MS)
          seen.delete(pid)
          if (isLiving(pid, startTicks)) missed.push(pid)
          continue
        }
        const isFirst = seen.get(pid) !== startTicks || !seen.has(pid)
        seen.set(pid, startTicks)
        samples.push({ pid, cpuPercent: isFirst ? null : stat.cpu, rssBytes: stat.memory })
      }
      const rssBytes = samples.reduce((sum, sample) => sum + sample.rssBytes, 0)
      return { samples, missed, found: null, held: { processes: samples.length, rssBytes } }
    },
  }
}

/** Whether the pid still belongs to the process that was named; true where start ticks cannot be known. */
function isStillItself({ pid, startTicks }: MeterTarget): boolean {
  return startTicks === null || readIdentity(pid)?.startTicks === startTicks
}

function isLiving(pid: number, startTicks: number | null): boolean {
  const identity = readIdentity(pid)
  return identity !== null && !hasEnded(identity) && (startTicks === null || identity.startTicks === startTicks)
}

/** In its array form pidusage answers null or nothing for a pid that it cannot read; for the only one it rejects. */
async function readUsage(
  pids: readonly number[],
): Promise<Readonly<Record<string, pidusage.Status | null | undefined>>> {
  if (pids.length === 0) return {}
  try {
    return await pidusage([...pids], { maxage: HISTORY_MS, usePs: false })
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return {}
    throw error
  }
}

function forgetOthers(seen: Map<number, number | null>, pids: ReadonlySet<number>): void {
  for (const pid of seen.keys()) if (!pids.has(pid)) seen.delete(pid)
}
