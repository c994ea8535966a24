/** The program of a hook: started by the daemon with what happened in its environment, and ended when it takes too long. */

import { type ChildProcess, spawn } from 'node:child_process'
import { redact } from '../../terminal/redact.js'
import type { Occasion } from './hook.js'

/** Between TERM and KILL for one that took too long, in ms. */
const GRACE_MS = 1000

/** Longest event that is passed on, in characters of JSON; a longer one is told by its kind and number alone. */
const EVENT_LENGTH_MAX = 16_384

export interface HookProgram {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly service: string
  /** `refused`, `exited` and so on. */
  readonly kind: string
  /** Base environment. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** How a run ended that was not as it should be; null: with code 0. */
export type Trouble = string | null

/** Runs it in a session of its own, without input or output. `signal` ends it as a time-out does. Never rejects. */
export function runProgram(program: HookProgram, occasion: Occasion, signal: AbortSignal): Promise<Trouble> {
  const { command, cwd, timeoutMs } = program
  const [file, ...args] = command
  return new Promise(settle => {
    const child = spawn(file, args, { cwd, env: environmentOf(program, occasion), stdio: 'ignore', detached: true })
    let late: string | null = null
    let killing: NodeJS.Timeout | undefined
    const end = (why: string) => {
      if (late !== null) return
      late = why
      signalGroup(child, 'SIGTERM')
      killing = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS)
    }
    const onAbort = () => end('was still running when the daemon ended')
    const timer = setTimeout(() => end(`took longer than ${timeoutMs} ms`), timeoutMs)
    const done = (trouble: Trouble) => {
      clearTimeout(timer)
      clearTimeout(killing)
      signal.removeEventListener('abort', onAbort)
      settle(trouble)
    }
    child.once('error', error => done(`did not start: ${error.message}`))
    child.once('exit', (code, died) => {
      if (late !== null) done(`${late}, and was ended`)
      else if (died !== null) done(`died of ${died}`)
      else done(code === 0 ? null : `exited ${code}`)
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

function environmentOf({ service, kind, env }: HookProgram, { count, last }: Occasion): Record<string, string> {
  return {
    ...env,
    ESPALIER_SERVICE: service,
    ESPALIER_HOOK: kind,
    ESPALIER_COUNT: String(count),
    ESPALIER_EVENT: eventText(last),
  }
}

function eventText(event: Occasion['last']): string {
  const shown = 'child' in event ? { ...event, child: { ...event.child, command: redact(event.child.command) } } : event
  const text = JSON.stringify(shown)
  if (text.length <= EVENT_LENGTH_MAX) return text
  const { kind, service, number, atMs } = event
  return JSON.stringify({ kind, service, number, atMs })
}
