/** A service in the books, with what a daemon before this one left of it. */

import { EspalierError } from '../../protocol/failures.js'
import { hasEnded, readIdentity } from '../os/process.js'
import type { DaemonContext, ServiceRun } from './context.js'
import { holdLimits } from './kernel-limits.js'
import { layerOf } from './limits/layer-of.js'
import { logPlanOf } from './log-plan.js'
import { labelOf, type ManagedProcess } from './process.js'
import { heldRights, noteRights } from './rights.js'
import { takeOver } from './takeover.js'

/**
 * Registers the service with its rights, and finds who keeps what a daemon before this one left of it.
 * @throws {EspalierError} what kept it from being registered
 */
export async function meetService(context: DaemonContext, service: ServiceRun): Promise<void> {
  const { core } = context
  await noteRights(context.rights, [service])
  // What starts again has the limits that hold: a reload may have changed them, and what its config says of the rest counts from here.
  if (context.limits.configured(service.name) === null) await context.limits.configure(service.name, layerOf(service))
  await context.budgets.register(service.name)
  const graceMs = core.limitsOf(service.name)?.graceMs ?? 0
  const policy = { abandonMs: service.abandon.afterMs, keep: service.abandon.keep, graceMs }
  letAsk(context, service.name)
  core.launcher.logTo?.(service.name, logPlanOf(context, service))
  await core.launcher.meet?.(service.name, policy, holdLimits(context, service.name))
}

/**
 * Takes over the processes of a service that was met. Answers its root, which may have ended already: then processes below it run
 * on. Null: nothing of it lives, and its root is to be started.
 * @throws {EspalierError} what kept them out of the books
 */
export async function takeOverService(context: DaemonContext, service: string): Promise<ManagedProcess | null> {
  let root: ManagedProcess | null = null
  await context.core.launcher.takeOver?.(service, async found => {
    root = await takeOver(context, service, found)
  })
  giveUpLives(context, service)
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
