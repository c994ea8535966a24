/** One try of a program that says whether a service is ready: exit code 0 says yes. */

import { spawn } from 'node:child_process'
import type { UserIdentity } from '../../../protocol/keeper/spawn.js'

export interface ExecTry {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly cwd: string
  /** Whole. */
  readonly env: Readonly<Record<string, string>>
  /** Whom it runs as, without its further groups; absent: as we do. */
  readonly user?: Pick<UserIdentity, 'uid' | 'gid'> | undefined
}

/** Null when it says yes; else how it said no. It gets KILL, with its process group, after `withinMs` and at the signal. Never rejects. */
export function tryExec(request: ExecTry, withinMs: number, signal: AbortSignal): Promise<string | null> {
  const [program, ...args] = request.command
  const { cwd, env, user } = request
  return new Promise(settle => {
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: 'ignore',
      // A group of its own, so that what it forks goes with it.
      detached: true,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    })
    let isLate = false
    const kill = () => {
      // As long as nobody has reaped it, its pid and its group are its own.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL')
    }
    const timer = setTimeout(() => {
      isLate = true
      kill()
    }, withinMs)
    const done = (answer: string | null) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      settle(answer)
    }
    child.once('error', error => done(error.message))
    child.once('exit', (code, died) => {
      if (code === 0) done(null)
      else if (isLate) done(`it did not end within ${Math.round(withinMs)} ms`)
      else done(died === null ? `it exited ${code}` : `it died of ${died}`)
    })
    if (signal.aborted) kill()
    else signal.addEventListener('abort', kill, { once: true })
  })
}
