/** Bringing a service up: what a daemon before this one left of it is taken over; where nothing lives its root is started. */

import { EspalierError } from '../../protocol/failures.js'
import type { FoundProcess } from '../launch.js'
import type { DaemonContext, ServiceRun } from './context.js'
import { holdLimits } from './kernel-limits.js'
import type { ManagedProcess } from './process.js'
import { heldRights, noteRights } from './rights.js'
import { startRoot } from './roots.js'
import { takeOver } from './takeover.js'

/**
 * Registers the service; takes over its processes, or starts its command. Answers its root, which may have ended already: then
 * processes below it run on.
 * @throws {EspalierError} `launch_failed`, or what kept it from being registered; then nothing new of it runs.
 */
export async function startService(
  context: DaemonContext,
  service: ServiceRun,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<ManagedProcess> {
  const { core } = context
  await noteRights(context.rights, [service])
  await core.registerService(service.name, service.limits)
  const graceMs = core.limitsOf(service.name)?.graceMs ?? 0
  const policy = { abandonMs: service.abandon.afterMs, keep: service.abandon.keep, graceMs }
  let root: ManagedProcess | null = null
  const adopt = async (found: readonly FoundProcess[]) => {
    root = await takeOver(context, service.name, found)
  }
  letAsk(context, service.name)
  await core.launcher.takeOver?.(service.name, policy, adopt, holdLimits(context, service.name))
  return root ?? startRoot(context, service, environment)
}

/** One with a user of its own cannot enter the runtime directory. Where its socket cannot lie elsewhere, it runs and cannot ask. */
function letAsk({ core, rights, tell }: DaemonContext, service: string): void {
  const user = heldRights(rights, service).privileges?.user
  if (user === undefined) return
  try {
    core.launcher.openTo?.(service, user.uid)
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    tell({ kind: 'trouble', message: error.message })
  }
}
