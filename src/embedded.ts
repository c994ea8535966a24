/** A spawned child as an embedder holds it: its time-out, the KILL that follows a TERM, its lines. */

import { constants } from 'node:os'
import type { SpawnExit, SpawnedProcess } from './api.js'
import { createLineReaders } from './lines.js'
import type { SpawnedChild } from './spawn.js'

export interface EmbeddedOptions {
  /** In ms, from 1. */
  readonly timeoutMs: number | null
  /** In ms, from 0. */
  readonly forceKillAfterMs: number | null
  /** Ends the child with all below it; never rejects. */
  readonly end: () => Promise<void>
}

/** Starts its time-out, if it has one. */
export function embedded(child: SpawnedChild, options: EmbeddedOptions): SpawnedProcess {
  const { timeoutMs, forceKillAfterMs, end } = options
  const timers = new Set<NodeJS.Timeout>()
  let isTimedOut = false
  const after = (ms: number, act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
  }
  const expire = () => {
    isTimedOut = true
    end()
  }
  if (timeoutMs !== null) after(timeoutMs, expire)
  const readers = createLineReaders(child)
  const exited = child.exited.then((exit): SpawnExit => {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
    // One that ended by itself while its time ran out did not die of it.
    return { ...exit, timedOut: isTimedOut && exit.reason === 'stop' }
  })
  let isKillDue = false
  return {
    pid: child.pid,
    startTicks: child.startTicks,
    name: child.name,
    depth: child.depth,
    // Asked for late: a keeper's pipes are opened then.
    get stdin() {
      return child.stdin
    },
    get stdout() {
      return child.stdout
    },
    get stderr() {
      return child.stderr
    },
    kill(signal = 'SIGTERM') {
      const isSent = child.kill(signal)
      const isTerm = signal === 'SIGTERM' || signal === constants.signals.SIGTERM
      if (isSent && isTerm && forceKillAfterMs !== null && !isKillDue) {
        isKillDue = true
        after(forceKillAfterMs, () => child.kill('SIGKILL'))
      }
      return isSent
    },
    lines: readers,
    exited,
  }
}
