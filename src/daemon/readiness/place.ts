/** Where, with which environment and as whom a service is asked whether it is ready. */

import type { DaemonContext, ServiceRun } from '../context.js'
import { serviceEnvironment } from '../environment.js'
import { heldRights } from '../rights.js'
import type { ExecTry } from './exec.js'

/** As its root, but without a voice of its own: what asks is no process of the service. */
export function probePlace(
  context: DaemonContext,
  service: ServiceRun,
  daemonEnvironment: Readonly<NodeJS.ProcessEnv>,
): Omit<ExecTry, 'command'> {
  const { privileges, env } = heldRights(context.rights, service.name)
  return {
    cwd: service.cwd,
    env: serviceEnvironment({ ...daemonEnvironment, ...env }, service.env),
    user: privileges?.user,
  }
}
