/** Where escapes are tried: as which user, in a worker of its own. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Violation } from '../campaign.js'
import type { Escape, EscapeAnswer } from './ways.js'

/** Longest an escape and its end may take, in ms; the keeper itself speaks of something stuck much sooner. */
const PATIENCE_MS = 60_000

/** The ordinary user whom root tries it as; on Linux nobody. */
const ORDINARY = 65_534

export interface Place {
  readonly user: 'root' | 'ordinary user'
  /** Starts it and ends it. @throws {Violation} when that fails */
  carryOut(attempt: Escape): Promise<'away' | 'cannot'>
  close(): Promise<void>
}

/** As we are; and where we are root also as an ordinary user, unless `onlyOurs`. */
export function openPlaces(program: string, guard: string, onlyOurs: boolean): readonly Place[] {
  if (process.getuid?.() !== 0) return [openPlace('ordinary user', program, guard, {})]
  const root = openPlace('root', program, guard, {})
  return onlyOurs ? [root] : [root, openPlace('ordinary user', program, guard, { uid: ORDINARY, gid: ORDINARY })]
}

function openPlace(
  user: Place['user'],
  program: string,
  guard: string,
  identity: { readonly uid?: number; readonly gid?: number },
): Place {
  const worker = fork(new URL('./worker.js', import.meta.url), [program, guard], {
    ...identity,
    cwd: '/',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = once(worker, 'exit').then(([code, signal]): never => {
    throw new Violation(`the worker of ${user} ended (${signal ?? code}); can that user read these files?`)
  })
  gone.catch(() => undefined)
  return {
    user,
    async carryOut(attempt) {
      worker.send(attempt)
      const answer = await answered(worker, gone, `${attempt.way}, ${attempt.order}, ${user}`)
      if ('failed' in answer) throw new Violation(`${attempt.way}, ${attempt.order}, ${user}: ${answer.failed}`)
      return answer.said
    },
    async close() {
      if (worker.exitCode === null && worker.signalCode === null) worker.disconnect()
      await gone.catch(() => undefined)
    },
  }
}

async function answered(worker: ChildProcess, gone: Promise<never>, what: string): Promise<EscapeAnswer> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
  try {
    const [answer] = await Promise.race([once(worker, 'message', { signal: patience.signal }), gone])
    return answer as EscapeAnswer
  } catch (error) {
    if (!patience.signal.aborted) throw error
    throw new Violation(`${what}: no end within ${PATIENCE_MS} ms`)
  } finally {
    clearTimeout(timer)
    patience.abort()
  }
}
