/** Starting a process with `node:child_process`. */

import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { EspalierError } from '../../protocol/failures.js'
import type { LaunchRequest } from '../launch.js'
import { launchFailure } from './failure.js'

/** A child that runs, with its pipes. */
export interface StartedProcess {
  readonly child: ChildProcess
  readonly pid: number
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
}

/**
 * Starts the process as leader of a session and group of its own, so that a terminal's Ctrl-C does not reach it.
 * @throws {EspalierError} `launch_failed`, naming the command, the errno, the step, and what to do.
 */
export async function startProcess(request: LaunchRequest): Promise<StartedProcess> {
  let child: ChildProcess
  try {
    child = spawn(request.command, request.args, {
      cwd: request.cwd,
      env: { ...request.env },
      detached: true,
      stdio: [request.stdin, 'pipe', 'pipe'],
    })
  } catch (error) {
    throw failureOf(request, error)
  }
  const { pid, stdin, stdout, stderr } = child
  if (pid === undefined || stdout === null || stderr === null) throw failureOf(request, await firstError(child))
  // From here on an `error` is a signal that could not be sent, which `kill` answers with false.
  child.on('error', () => false)
  // A child that closed its stdin must not bring its supervisor down; the writer's callback hears of it.
  stdin?.on('error', () => false)
  return { child, pid, stdin, stdout, stderr }
}

/** Node reports a process that never was in the turn after `spawn`. */
function firstError(child: ChildProcess): Promise<unknown> {
  return new Promise(settle => child.once('error', settle))
}

function failureOf(request: LaunchRequest, cause: unknown): EspalierError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  return launchFailure(request, code, cause)
}
