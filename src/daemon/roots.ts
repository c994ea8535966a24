/** The first process of a service. */

import { EspalierError } from '../../protocol/failures.js'
import type { LaunchedProcess } from '../launch.js'
import { orderEnd } from '../order.js'
import { persist, persistIfPossible } from '../persist.js'
import { adoptProcess } from './adopt.js'
import type { DaemonContext, ServiceRun } from './context.js'
import { rootEnvironment, voiceOf } from './environment.js'
import type { ManagedProcess } from './process.js'
import { heldRights } from './rights.js'
import { holdExit } from './stored-exit.js'
import { writeWord } from './word.js'

/** Longest wait that a timer can hold, in ms. */
const TIMER_MAX_MS = 2 ** 31 - 1

/**
 * Starts the command of a registered service as its root.
 * @throws {EspalierError} `launch_failed`, or what kept it from being recorded; then nothing of it runs.
 */
export async function startRoot(
  context: DaemonContext,
  service: ServiceRun,
  daemonEnvironment: Readonly<NodeJS.ProcessEnv>,
): Promise<ManagedProcess> {
  const { core, tokens } = context
  const token = tokens.issue()
  const [command, ...args] = service.command
  const { privileges, env: userEnv } = heldRights(context.rights, service.name)
  const env = rootEnvironment({ ...daemonEnvironment, ...userEnv }, service.env, {
    ...voiceOf(context, service.name, token),
    service: service.name,
    depth: 0,
    parentPid: process.pid,
  })
  const held = holdExit()
  let launched: LaunchedProcess | null = null
  try {
    launched = await core.launcher.launch({
      service: service.name,
      command,
      args,
      env,
      cwd: service.cwd,
      stdin: 'ignore',
      logAs: service.name,
      ttlMs: service.ttlMs,
      word: writeWord({
        role: 'root',
        name: service.name,
        token: token.token,
        ttlMs: service.ttlMs,
        argv: service.command,
      }),
      ...(privileges === undefined ? {} : { privileges }),
    })
    launched.holdExit?.(held.stored)
    const { pid, startTicks } = launched
    const registered = persist(() => core.registerServicePid(service.name, pid, { startTicks }))
    const root = managedRoot(context, service, launched, registered)
    await registered
    adoptProcess(context, root, launched, token, held)
    await context.history.stored()
    if (service.ttlMs !== null) limitLife(context, root, service.ttlMs)
    return root
  } catch (error) {
    token.drop()
    held.release()
    if (launched !== null) await core.launcher.end([launched.pid], 'stop', 0)
    throw error
  }
}

function managedRoot(
  { core }: DaemonContext,
  service: ServiceRun,
  launched: LaunchedProcess,
  registered: Promise<void>,
): ManagedProcess {
  const { pid, startTicks } = launched
  const exited = Promise.all([launched.exited, registered]).then(async ([exit]) => {
    await persistIfPossible(() => core.recordSpawnExit(pid, { ...exit, startTicks }))
    return exit
  })
  launched.holdExit?.(exited)
  // Who registers it hears of the failure; the process is then ended.
  exited.catch(() => undefined)
  return {
    service: service.name,
    name: service.name,
    pid,
    startTicks,
    parentPid: null,
    depth: 0,
    command: service.command.join(' '),
    startedAt: Date.now(),
    ttlMs: service.ttlMs,
    state: 'running',
    cpuPercent: null,
    rssBytes: null,
    exited,
    usage: () => launched.details,
  }
}

/** The books hold the time to live of nodes; a root's, `ttlMs` from now, is the daemon's to keep. */
export function limitLife(context: DaemonContext, root: ManagedProcess, ttlMs: number): void {
  const { core, tell } = context
  const deadline = performance.now() + ttlMs
  const look = () => {
    const leftMs = deadline - performance.now()
    if (leftMs > 0) {
      timer = setTimeout(look, Math.min(leftMs, TIMER_MAX_MS))
      return
    }
    tell({ kind: 'ending', processes: [root], reason: 'ttl' })
    orderEnd(core, root.pid, 'ttl', core.limitsOf(root.service)?.graceMs ?? 0).catch((error: unknown) => {
      if (!(error instanceof EspalierError)) throw error
      tell({ kind: 'trouble', message: error.message })
    })
  }
  let timer = setTimeout(look, Math.min(ttlMs, TIMER_MAX_MS))
  root.exited.then(() => clearTimeout(timer))
}
