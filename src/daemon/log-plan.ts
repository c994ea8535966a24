/** Where and how much of a service's output is logged. */

import type { LogPlan } from '../launch.js'
import { logFolder } from '../logs/folder.js'
import type { DaemonContext, ServiceRun } from './context.js'

/** Where neither the service nor its config says anything: 10 MiB a file, five of them, and 1 GiB of all services. */
const DEFAULTS = { maxBytes: 10 * 1024 ** 2, files: 5, totalBytes: 1024 ** 3 } as const

/** What the launcher is told. All services together may have what one file may, in any case. */
export function logPlanOf({ stateDirectory, paths }: DaemonContext, { name, logs }: ServiceRun): LogPlan {
  const { maxBytes, files, totalBytes } = { ...DEFAULTS, ...logs }
  const folder = logFolder({ stateDirectory, runtimeDirectory: paths.directory }, name)
  return { folder, maxBytes, files, totalBytes: Math.max(totalBytes, maxBytes) }
}
