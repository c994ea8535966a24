/** The program of a hook: started by the daemon with what happened in its environment, and ended when it takes too long. */

import { redact } from '../../terminal/redact.js'
import { runInGroup } from '../group-program.js'
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
export async function runProgram(program: HookProgram, occasion: Occasion, signal: AbortSignal): Promise<Trouble> {
  const { command, cwd, timeoutMs } = program
  const env = environmentOf(program, occasion)
  const { cut, how } = await runInGroup({ command, cwd, env, withinMs: timeoutMs, graceMs: GRACE_MS }, signal)
  if (how.kind === 'not_started') return `did not start: ${how.message}`
  if (cut === 'late') return `took longer than ${timeoutMs} ms, and was ended`
  if (cut === 'aborted') return 'was still running when the daemon ended, and was ended'
  if (how.kind === 'died') return `died of ${how.signal}`
  return how.code === 0 ? null : `exited ${how.code}`
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
