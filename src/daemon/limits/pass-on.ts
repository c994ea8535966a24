/** Limits that others hold for a service: the kernel what it can, its keeper the grace of what it ends alone. */

import type { DaemonContext } from '../context.js'
import { holdLimits } from '../kernel-limits.js'

/** Tells both what the limits say now. */
export function passLimitsOn(context: DaemonContext, service: string): void {
  const { core } = context
  holdLimits(context, service)
  const graceMs = core.limitsOf(service)?.graceMs
  if (graceMs !== undefined) core.launcher.setGrace?.(service, graceMs)
}
