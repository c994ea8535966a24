/** Metering: what processes and services use, into the books. */

import { type Meter, startMeter } from '../meter/meter.js'
import type { GroupTarget, MeterTarget } from '../meter/sampler.js'
import type { DaemonContext } from './context.js'

/** Measures everything that lives, until it is stopped. */
export function meterServices(context: DaemonContext): Meter {
  const { book, core, history, peripherals, tell } = context
  /** Services of which the kernel said in the last round what they hold. */
  const counted = new Set<string>()
  return startMeter({
    keepers: () => core.launcher.keepers?.() ?? [],
    forks: found => peripherals.see(found),
    pids: () => targetsOf(context, counted),
    groups: () => groupsThatCount(context),
    report: (pid, cpuPercent, rssBytes) => {
      const process = book.find(pid) ?? peripherals.find(pid)
      if (process === undefined) return
      process.cpuPercent = cpuPercent
      process.rssBytes = rssBytes
      history.measure(pid, cpuPercent, rssBytes)
      core.cast.updateChildMetrics(pid, cpuPercent, rssBytes)
      tell({ kind: 'measured' })
    },
    reportGroup: (service, bytes) => {
      if (bytes === null) counted.delete(service)
      else counted.add(service)
      // It may have been forgotten while it was measured.
      if (core.limitsOf(service) !== null) core.cast.updateServiceMemory(service, bytes)
    },
    onError: error => tell({ kind: 'trouble', message: error.message }),
  })
}

/** All that live. What a service may hold is a sum of ours where it has a limit and the kernel does not count it. */
function targetsOf({ book, core, groups }: DaemonContext, counted: ReadonlySet<string>): readonly MeterTarget[] {
  const summed = new Map<string, boolean>()
  const isSummed = (service: string) => {
    const isCounted = counted.has(service) && groups.get(service)?.memory != null
    return !isCounted && (core.limitsOf(service)?.totalMemory ?? null) !== null
  }
  return book.living().map(({ pid, startTicks, service }) => {
    const known = summed.get(service) ?? isSummed(service)
    summed.set(service, known)
    return { pid, startTicks, isSummed: known }
  })
}

/** Of the services that the kernel counts. A group that is gone, or in which nobody is, counts for nothing: its processes are added up. */
function groupsThatCount({ groups }: DaemonContext): readonly GroupTarget[] {
  return [...groups].flatMap(([service, { memory }]) => (memory === null ? [] : [{ service, folder: memory }]))
}
