/**
 * The portable launcher: `node:child_process` behind the `Launcher` port. Weaker than the keeper in what it can know: a
 * fork that leaves its leader's group is not followed, and nothing here survives the supervisor's own death. `doctor` says so.
 */

import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Exit } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import type { LaunchedProcess, Launcher, LaunchRequest } from '../launch.js'
import { readIdentity } from '../os/process.js'
import { LaunchedGroup } from './group.js'
import { keepOutput } from './output.js'
import { startProcess } from './start.js'
import { createTurns } from './turns.js'

/** Groups that are remembered after their leader has gone; past it the oldest is forgotten and its forks run on. */
export const LEFTOVER_GROUPS_MAX = 4096

/**
 * A launcher on `node:child_process`. Each process leads a session and a group of its own; orders go to the whole group,
 * and only to what this launcher started.
 */
export function createPortableLauncher(): Launcher {
  const living = new Map<number, LaunchedGroup>()
  const leftover = new Map<number, LaunchedGroup>()
  const turn = createTurns()

  const forgetLeftover = (group: LaunchedGroup) => {
    if (leftover.get(group.pid) === group) leftover.delete(group.pid)
  }

  const forget = (group: LaunchedGroup) => {
    living.delete(group.pid)
    if (!group.leaderExited()) return
    if (leftover.size >= LEFTOVER_GROUPS_MAX) leftover.delete(leftover.keys().next().value ?? 0)
    leftover.set(group.pid, group)
    group.isEmpty().then(isEmpty => {
      if (isEmpty) forgetLeftover(group)
    })
  }

  const endGroups = async (groups: readonly LaunchedGroup[], end: (group: LaunchedGroup) => Promise<void>) => {
    const ends = await Promise.allSettled(
      groups.map(async group => {
        await end(group)
        forgetLeftover(group)
      }),
    )
    for (const one of ends) if (one.status === 'rejected') throw one.reason
  }

  return {
    async launch(request: LaunchRequest): Promise<LaunchedProcess> {
      refusePrivileges(request)
      await turn()
      const { child, pid, stdin, stdout, stderr } = await startProcess(request)
      // Nothing was awaited since the fork but what Node had ready, and an unreaped child keeps its entry in /proc.
      const startTicks = readIdentity(pid)?.startTicks ?? null
      const exited = new Promise<Exit>(settle => {
        child.once('exit', (exitCode, signal) => {
          forget(group)
          settle(describeExit(exitCode, signal, group))
        })
      })
      const group = new LaunchedGroup(pid, request.service, exited)
      living.set(pid, group)
      leftover.delete(pid)
      return {
        pid,
        startTicks,
        stdin,
        stdout: keepOutput(stdout, exited),
        stderr: keepOutput(stderr, exited),
        signal: signal => sendSignal(child, signal),
        exited,
        details: null,
      }
    },

    end(pids, reason, graceMs) {
      const groups = [...new Set(pids)].map(pid => living.get(pid) ?? leftover.get(pid)).filter(isGroup)
      return endGroups(groups, group => group.end(reason, graceMs))
    },

    endAll(service, graceMs) {
      const groups = [...living.values(), ...leftover.values()]
      const wanted = groups.filter(group => service === null || group.service === service)
      return endGroups(wanted, group => group.end('stop', graceMs))
    },

    living(service) {
      const groups = [...living.values()]
      return groups.filter(group => service === undefined || group.service === service).map(group => group.pid)
    },
  }
}

/** What is asked for and cannot be given must not be given up silently. */
function refusePrivileges({ command, privileges, stdout = 'pipe', stderr = 'pipe' }: LaunchRequest): void {
  // That setuid bits count is all that it can give, and what may be asked for.
  const asked = Object.entries(privileges ?? {}).filter(([key, value]) => key !== 'noNewPrivileges' || value)
  if (asked.length === 0 && stdout === 'pipe' && stderr === 'pipe') return
  throw new EspalierError(
    'launch_failed',
    `cannot start '${command}': user, nice, rlimits, no_new_privs and output files need a keeper, and this is portable mode; ` +
      'build Espalier where there is a C compiler, or leave them out',
  )
}

function describeExit(exitCode: number | null, signal: NodeJS.Signals | null, group: LaunchedGroup): Exit {
  return {
    exitCode,
    signal: signal === null ? null : constants.signals[signal],
    finishedAt: Date.now(),
    reason: group.order ?? (signal === null ? 'self' : 'signal'),
  }
}

function sendSignal(child: ChildProcess, signal: NodeJS.Signals | number): boolean {
  try {
    return child.kill(signal)
  } catch (error) {
    throw new EspalierError('invalid_input', `'${signal}' is no signal; give a name such as 'SIGTERM' or its number`, {
      cause: error,
    })
  }
}

function isGroup(group: LaunchedGroup | undefined): group is LaunchedGroup {
  return group !== undefined
}
