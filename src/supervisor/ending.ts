/** From an order of a tree actor to the launcher: only what it launched itself is ever signalled. */

import type { Effect } from '../../protocol/effects.js'
import type { Limits } from '../../protocol/limits.js'
import { onAbort } from '../aborts.js'
import type { Launcher } from '../launch.js'

/** Carries out an effect. A process that will not end is said so by a warning: nobody waits for this answer. */
export function endOnOrder(launcher: Launcher, effect: Effect): void {
  launcher.end(effect.pids, effect.reason, effect.graceMs).catch(warn)
}

/**
 * Closes when the signal is aborted, or was. What cannot be ended then is a warning: nobody waits for this answer either.
 * @returns ends the hearing: the signal may outlive many supervisors
 */
export function closeOnAbort(signal: AbortSignal | null, close: () => Promise<void>): () => void {
  const end = () => void close().catch(warn)
  if (signal !== null && !signal.aborted) return onAbort(signal, end)
  if (signal !== null) end()
  return () => undefined
}

function warn(error: unknown): void {
  process.emitWarning(`espalier: ${error instanceof Error ? error.message : String(error)}`)
}

/** Ends everything that was launched, each service within its own grace. */
export async function endLaunched(
  launcher: Launcher,
  services: readonly { readonly name: string; readonly limits: Limits }[],
): Promise<void> {
  await Promise.all(services.map(({ name, limits }) => launcher.endAll(name, limits.graceMs)))
  await launcher.endAll(null, 0)
}
