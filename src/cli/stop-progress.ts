/** While services end: who is still there, and when KILL comes. */

import { formatDuration } from '../../protocol/format.js'
import type { Client, Forest } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import { harmless } from '../terminal/harmless.js'

/** Between two looks, in ms; who has ended before the first is not worth a line. */
const LOOK_MS = 1000

/** Processes that a line names. */
const NAMED_MAX = 6

/** A line for each of these services (null: all) of which something is still there, `sinceMs` after the order. */
export function stillThereLines(
  { services, processes }: Pick<Forest, 'services' | 'processes'>,
  only: string | null,
  sinceMs: number,
): readonly string[] {
  return services.flatMap(({ name, limits }) => {
    const living = processes.filter(process => process.service === name)
    if ((only !== null && only !== name) || living.length === 0) return []
    const leftMs = Math.round(limits.graceMs - sinceMs)
    const kill = leftMs > 0 ? `KILL in ${formatDuration(leftMs)}` : 'KILL was sent'
    const names = living.slice(0, NAMED_MAX).map(process => `${harmless(process.name)} (pid ${process.pid})`)
    const more = living.length > names.length ? ` and ${living.length - names.length} more` : ''
    return [`${name}: ${living.length} still there, ${kill}: ${names.join(', ')}${more}`]
  })
}

/** Orders the end, and says once a second on stderr who is still there until it has come. */
export async function stopTelling(client: Client, service: string | null): Promise<readonly string[]> {
  const from = performance.now()
  let isAsking = false
  const look = async () => {
    if (isAsking) return
    isAsking = true
    try {
      const lines = stillThereLines(await client.tree(), service, performance.now() - from)
      if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`)
    } catch (error) {
      // Whoever ends answers late or no more; the order itself says how it went.
      if (!(error instanceof ClientError)) throw error
    } finally {
      isAsking = false
    }
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  try {
    return await client.stop(service)
  } finally {
    clearInterval(timer)
  }
}
