/** Where and how much of a service's output is logged. */

import { LOG_DEFAULTS } from '../config/types.js'
import type { LogPlan } from '../launch.js'
import { logFolder } from '../logs/folder.js'
import type { DaemonContext, ServiceRun } from './context.js'

/** What the launcher is told. All services together may have what one file may, in any case. */
export function logPlanOf({ stateDirectory, paths }: DaemonContext, { name, logs }: ServiceRun): LogPlan {
  const { maxBytes, files, totalBytes } = { ...LOG_DEFAULTS, ...logs }
  const folder = logFolder({ stateDirectory, runtimeDirectory: paths.directory }, name)
  return { folder, maxBytes, files, totalBytes: Math.max(totalBytes, maxBytes) }
}
