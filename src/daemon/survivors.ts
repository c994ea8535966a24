/** Who is still there when nobody should be. */

import { readdirSync, readFileSync } from 'node:fs'
import { hasEnded, readIdentity } from '../os/process.js'

/**
 * Pids of processes that were launched and live on, known by pid and start ticks; and of those that bear a socket of
 * this daemon in their environment, which finds forks that left their tree. Where there is no /proc nobody is found.
 */
export function findSurvivors(
  launched: ReadonlyMap<number, number | null>,
  spawnSockets: readonly string[],
): readonly number[] {
  const found = new Set<number>()
  for (const [pid, startTicks] of launched) {
    const identity = readIdentity(pid)
    if (identity !== null && !hasEnded(identity) && identity.startTicks === startTicks) found.add(pid)
  }
  const marks = spawnSockets.map(socket => `ESPALIER_SOCKET=${socket}`)
  for (const pid of listPids()) {
    if (pid !== process.pid && marks.some(mark => environmentOf(pid).includes(mark))) found.add(pid)
  }
  return [...found]
}

function listPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(pid => pid > 0)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return []
    throw error
  }
}

/** Empty for a process that is gone, or another user's. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return []
    throw error
  }
}
