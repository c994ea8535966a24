/** Saying what stood in the way of a process that does not start: the command, the errno, the step, and what to do. */

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { EspalierError } from '../../protocol/failures.js'
import type { LaunchRequest } from '../launch.js'

/** `launch_failed` for an error `code` such as `ENOENT`; `step` where a launcher knows better than the code tells. */
export function launchFailure(request: LaunchRequest, code: string, cause?: unknown, step?: string): EspalierError {
  const place = request.cwd === undefined ? '' : ` in '${request.cwd}'`
  const why = step === undefined ? explain(request, code) : `(${step}): ${explainStep(step, code)}`
  return new EspalierError('launch_failed', `cannot start '${request.command}'${place}: ${code} ${why}`, { cause })
}

function explainStep(step: string, code: string): string {
  if (step === 'limits' && code === 'EAGAIN')
    return 'its service has all the `tasks` it may; end some, or raise the limit'
  return STEPS[step] ?? STEPS.other
}

/** What a keeper can say beyond the code. */
const STEPS: Readonly<Record<string, string>> = {
  known: 'a process of this number was started before; this is a fault of Espalier, please report it',
  ending: 'the service is being ended; start it again, then spawn',
  room: 'the keeper remembers as many processes as it can; wait until exits are recorded',
  file: 'a file for its input or output cannot be opened; check the path and its permissions',
  limits: 'a resource limit is higher than this user may set; lower it, or run as root',
  nice: 'this user may not raise the priority; give 0 to 19, or run as root',
  pipes: 'our ends of its pipes could not be opened; close some files, or raise the limit (ulimit -n)',
  user: 'only root may start processes as another user',
  keeper: 'its keeper cannot be had; the cause says why. ESPALIER_LAUNCHER=portable does without keepers',
  link: 'the keeper was lost before it answered; spawn again',
  other: 'the system would not do it; run espalier with ESPALIER_LAUNCHER=portable to see whether it is the keeper',
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
