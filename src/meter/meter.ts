/** Metering: each period asks the meter's thread about all processes, and reports what it says. */

import { EspalierError } from '../../protocol/failures.js'
import { createMeterLink } from './link.js'
import type { FoundFork, GroupTarget, KeeperTarget, MeterTarget } from './sampler.js'
import type { MeterAnswer } from './thread.js'

/** Shortest and longest period, in ms: pidusage is blind below 10 ms, and its memory must outlast a period. */
export const PERIOD_MS = { min: 50, max: 10_000 } as const

/** Shortest time that the thread has to answer, in ms; its first answer includes its start and two forks of pidusage. */
const ANSWER_MS_MIN = 5000

export interface MeterOptions {
  /** From the end of a round to the next, 50 to 10,000 ms; default 500. */
  readonly periodMs?: number
  /** The processes to measure, asked once a period. No thread is started before there is one, or a keeper. */
  readonly pids: () => readonly MeterTarget[]
  /** The keepers to which orphans come back; default none. */
  readonly keepers?: () => readonly KeeperTarget[]
  /** All forks that nobody asked for, as they are now: none where there is neither process nor keeper. */
  readonly forks?: (found: readonly FoundFork[]) => void
  /** The groups in which the kernel counts memory, a service each; default none. */
  readonly groups?: () => readonly GroupTarget[]
  /** What such a group holds, in bytes, after the processes of the round; null where that is not known. */
  readonly reportGroup?: (service: string, bytes: number | null) => void
  /** `cpuPercent` is percent of one core, null on the first sample of a process. Not called for who does nothing, but now and then. */
  readonly report: (pid: number, cpuPercent: number | null, rssBytes: number) => void
  /** What was not measured and why; metering goes on by itself. */
  readonly onError: (error: Error) => void
  /** The file that the thread runs; tests give others. */
  readonly thread?: URL
}

export interface Meter {
  /** Ends the thread; nothing is reported once it is called. A second call is the same. */
  stop(): Promise<void>
  /** Most bytes that all measured processes held together in one round. */
  readonly peakRssBytes: number
  /** Most processes measured in one round. */
  readonly peakProcesses: number
}

/**
 * Starts metering. It does not keep the process alive by itself.
 * @throws {EspalierError} `invalid_input` for a period out of range.
 */
export function startMeter(options: MeterOptions): Meter {
  const {
    periodMs = 500,
    pids,
    keepers = () => [],
    forks = () => undefined,
    groups = () => [],
    reportGroup = () => undefined,
    report,
    onError,
    thread = new URL('./thread.js', import.meta.url),
  } = options
  if (!(periodMs >= PERIOD_MS.min && periodMs <= PERIOD_MS.max)) {
    const text = `metering period ${periodMs} ms must be ${PERIOD_MS.min} to ${PERIOD_MS.max} ms; 500 is the default`
    throw new EspalierError('invalid_input', text)
  }
  const link = createMeterLink(thread, Math.max(ANSWER_MS_MIN, periodMs * 4))
  let isStopped = false
  let peakRssBytes = 0
  let peakProcesses = 0

  const take = ({ round: { samples, missed, found, held }, groups: counted }: Omit<MeterAnswer, 'id'>) => {
    if (found !== null) forks(found)
    for (const all of [samples, found ?? []]) {
      for (const { pid, cpuPercent, rssBytes } of all) report(pid, cpuPercent, rssBytes)
    }
    for (const { service, bytes } of counted) reportGroup(service, bytes)
    peakRssBytes = Math.max(peakRssBytes, held.rssBytes)
    peakProcesses = Math.max(peakProcesses, held.processes)
    if (missed.length > 0) onError(missedError(missed))
  }

  const measure = async () => {
    try {
      const targets = pids()
      const parents = keepers()
      if (targets.length > 0 || parents.length > 0) {
        const said = await link.ask(targets, parents, groups())
        if (said !== null && !isStopped) take(said)
      } else {
        // What the last round told of has ended with all else, and no other round will say so.
        forks([])
      }
    } catch (error) {
      if (!isStopped) onError(error instanceof Error ? error : new Error(String(error)))
    }
    if (!isStopped) timer = setTimeout(measure, periodMs).unref()
  }

  let timer = setTimeout(measure, periodMs).unref()
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await link.stop()
    },
    get peakRssBytes() {
      return peakRssBytes
    },
    get peakProcesses() {
      return peakProcesses
    },
  }
}

function missedError(missed: readonly number[]): EspalierError {
  const text = `could not measure process ${missed.slice(0, 10).join(', ')}${missed.length > 10 ? ', ...' : ''}`
  return new EspalierError('unavailable', `${text}; it is tried again within a minute (are file descriptors short?)`)
}
