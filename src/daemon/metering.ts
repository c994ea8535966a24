/** Metering: what processes and services use, into the books. */

import { type Meter, startMeter } from '../meter/meter.js'
import type { GroupTarget } from '../meter/sampler.js'
import type { DaemonContext } from './context.js'

/** Measures everything that lives, until it is stopped. */
export function meterServices(context: DaemonContext): Meter {
  const { book, core, history, peripherals, tell } = context
  return startMeter({
    keepers: () => core.launcher.keepers?.() ?? [],
    forks: found => peripherals.see(found),
    pids: () => book.living().map(({ pid, startTicks }) => ({ pid, startTicks })),
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
      // It may have been forgotten while it was measured.
      if (core.limitsOf(service) !== null) core.cast.updateServiceMemory(service, bytes)
    },
    onError: error => tell({ kind: 'trouble', message: error.message }),
  })
}

/** Of the services that the kernel counts. A group that is gone, or in which nobody is, counts for nothing: its processes are added up. */
function groupsThatCount({ groups }: DaemonContext): readonly GroupTarget[] {
  return [...groups].flatMap(([service, { memory }]) => (memory === null ? [] : [{ service, folder: memory }]))
}
