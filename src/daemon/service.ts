/** A service in the books, with what a daemon before this one left of it. */

import { EspalierError } from '../../protocol/failures.js'
import type { FoundProcess } from '../launch.js'
import { hasEnded, readIdentity } from '../os/process.js'
import type { DaemonContext, ServiceRun } from './context.js'
import { holdLimits } from './kernel-limits.js'
import { layerOf } from './limits/layer-of.js'
import { logPlanOf } from './log-plan.js'
import { labelOf, type ManagedProcess } from './process.js'
import { heldRights, noteRights } from './rights.js'
import { takeOver } from './takeover.js'

/**
 * Registers the service with its rights, and takes over its processes. Answers its root, which may have ended already: then
 * processes below it run on. Null: nothing of it lives, and its root is to be started.
 * @throws {EspalierError} what kept it from being registered
 */
export async function takeOverService(context: DaemonContext, service: ServiceRun): Promise<ManagedProcess | null> {
  const { core } = context
  await noteRights(context.rights, [service])
  // What starts again has the limits that hold: a reload may have changed them, and what its config says of the rest counts from here.
  if (context.limits.configured(service.name) === null) await context.limits.configure(service.name, layerOf(service))
  await context.budgets.register(service.name)
  const graceMs = core.limitsOf(service.name)?.graceMs ?? 0
  const policy = { abandonMs: service.abandon.afterMs, keep: service.abandon.keep, graceMs }
  let root: ManagedProcess | null = null
  const adopt = async (found: readonly FoundProcess[]) => {
    root = await takeOver(context, service.name, found)
  }
  letAsk(context, service.name)
  core.launcher.logTo?.(service.name, logPlanOf(context, service))
  await core.launcher.takeOver?.(service.name, policy, adopt, holdLimits(context, service.name))
  giveUpLives(context, service.name)
  return root
}

/** What neither a keeper nor its remains tell of: it has ended, or runs on where nobody can follow it. */
function giveUpLives({ history, tell }: DaemonContext, service: string): void {
  const left = history.lives.giveUp(service, Date.now(), ({ pid, startTicks }) => {
    const identity = readIdentity(pid)
    return identity !== null && !hasEnded(identity) && identity.startTicks === startTicks
  })
  for (const { process } of left) {
    const message = `${labelOf(process)} (pid ${process.pid}), of a daemon before this one, runs on and is not supervised`
    tell({ kind: 'trouble', message })
  }
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
