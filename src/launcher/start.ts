/** Starting a process with `node:child_process`, and saying what stood in the way when it does not start. */

import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { EspalierError } from '../../protocol/failures.js'
import type { LaunchRequest } from '../launch.js'

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
    throw launchFailure(request, error)
  }
  const { pid, stdin, stdout, stderr } = child
  if (pid === undefined || stdout === null || stderr === null) throw launchFailure(request, await firstError(child))
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

function launchFailure(request: LaunchRequest, cause: unknown): EspalierError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  const place = request.cwd === undefined ? '' : ` in '${request.cwd}'`
  return new EspalierError(
    'launch_failed',
    `cannot start '${request.command}'${place}: ${code} ${explain(request, code)}`,
    { cause },
  )
}

function explain(request: LaunchRequest, code: string): string {
  if (request.cwd !== undefined && !isDirectory(request.cwd)) {
    return `(chdir): the working directory is missing or is no directory; create it, or give another cwd`
  }
  switch (code) {
    case 'ENOENT':
      return `(exec): ${explainMissing(request)}`
    case 'EACCES':
      return '(exec): it is a directory or not executable; check the path, or set the execute bit with chmod +x'
    case 'E2BIG':
      return '(exec): arguments and environment together are too long; pass the data in a file or on stdin'
    case 'EAGAIN':
    case 'ENOMEM':
      return '(fork): the system has no room for another process; end some, or raise its limits'
    case 'EMFILE':
    case 'ENFILE':
      return '(pipe): no file descriptor is left; close some, or raise the limit (ulimit -n)'
    case 'ERR_INVALID_ARG_VALUE':
    case 'ERR_INVALID_ARG_TYPE':
      return '(arguments): command, arguments and environment must be strings without NUL, and the command not empty'
    default:
      return '(exec): the system could not run it; try it in a shell'
  }
}

function explainMissing(request: LaunchRequest): string {
  if (!request.command.includes('/')) {
    return `no such command on PATH (${request.env.PATH ?? 'which is not set'}); check the spelling, or give its path`
  }
  const path = resolve(request.cwd ?? '.', request.command)
  return statSync(path, { throwIfNoEntry: false }) === undefined
    ? 'no such file; check the path'
    : 'the file is there, the interpreter that it names is not; check its first line'
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    // Missing, or not to be looked into: no directory to start in.
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}
