/** A program that the daemon runs for itself: without input or output, in a process group of its own, for a bounded time. */

import { type ChildProcess, spawn } from 'node:child_process'
import type { UserIdentity } from '../../protocol/keeper/spawn.js'

export interface GroupProgram {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly cwd: string
  /** Whole. */
  readonly env: Readonly<Record<string, string>>
  /** Whom it runs as, without its further groups; absent: as we do. */
  readonly user?: Pick<UserIdentity, 'uid' | 'gid'> | undefined
  /** How long it may run, in ms. */
  readonly withinMs: number
  /** Between TERM and KILL where it is cut short, in ms; null: KILL at once. */
  readonly graceMs: number | null
}

/** How it ended. */
export interface GroupEnd {
  /** Why it was cut short; null: it was not. */
  readonly cut: 'late' | 'aborted' | null
  readonly how:
    | { readonly kind: 'not_started'; readonly message: string }
    | { readonly kind: 'exited'; readonly code: number }
    | { readonly kind: 'died'; readonly signal: NodeJS.Signals }
}

/** Runs it to its end; `signal` cuts it short as the time does, what it forked into its group with it. Never rejects. */
export function runInGroup(program: GroupProgram, signal: AbortSignal): Promise<GroupEnd> {
  const { cwd, env, user, withinMs, graceMs } = program
  const [file, ...args] = program.command
  return new Promise(settle => {
    const as = user === undefined ? {} : { uid: user.uid, gid: user.gid }
    const child = spawn(file, args, { cwd, env, stdio: 'ignore', detached: true, ...as })
    let cut: GroupEnd['cut'] = null
    let killing: NodeJS.Timeout | undefined
    const end = (why: 'late' | 'aborted') => {
      if (cut !== null) return
      cut = why
      signalGroup(child, graceMs === null ? 'SIGKILL' : 'SIGTERM')
      if (graceMs !== null) killing = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs)
    }
    const onAbort = () => end('aborted')
    const timer = setTimeout(() => end('late'), withinMs)
    const done = (how: GroupEnd['how']) => {
      clearTimeout(timer)
      clearTimeout(killing)
      signal.removeEventListener('abort', onAbort)
      settle({ cut, how })
    }
    child.once('error', error => done({ kind: 'not_started', message: error.message }))
    child.once('exit', (code, died) => {
      done(died === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'died', signal: died })
    })
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}

/** The child leads its group, and while it is not reaped (`exit` not heard) its pid is nobody else's. */
function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
