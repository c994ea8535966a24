/** Ends, times and places in words. */

import { constants } from 'node:os'
import type { Exit } from '../../protocol/children.js'
import { formatDuration } from '../../protocol/format.js'
import type { Ancestor } from '../../protocol/wire/past.js'

/** How it ended: by a code, a signal, or nobody knows. */
export function howText({ exitCode, signal }: Exit): string {
  if (signal !== null) return `died of ${signalName(signal)}`
  return exitCode === null ? 'ended, nobody knows how' : `exited ${exitCode}`
}

/** `SIGTERM`; `signal 40` for one without a name. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number)
  return found === undefined ? `signal ${number}` : found[0]
}

/** From one Unix ms to another; clocks may step back, ages do not. */
export function ageText(fromMs: number, toMs: number): string {
  return formatDuration(Math.max(0, Math.round(toMs - fromMs)))
}

/** A Unix time in ms as UTC. */
export function clockText(atMs: number): string {
  return new Date(atMs).toISOString()
}

/** `web (pid 1) > worker (pid 2)`. */
export function chainText(chain: readonly Ancestor[]): string {
  return chain.map(whoText).join(' > ')
}

/** `worker (pid 2)`. */
export function whoText({ pid, name }: Ancestor): string {
  return `${name} (pid ${pid})`
}
