/** The public API as a limiter: each key is a root process that asks for spawns. */

import type { Grant, Refusal } from '../../protocol/refusals.js'
import { createInlineSupervisor, type ManualClock } from '../../src/testing.js'
import type { Limiter } from './limiter.js'

const SERVICE = 'svc'
/** Only the rate, ten a second by default, ever refuses. */
const LIMITS = { children: 4e6, descendants: 4e6, keepExited: 0 } as const
/** Keys are pids below, children's pids above. */
const CHILDREN_FROM = 2 ** 21

/** @param clock a manual one, or null for the system's */
export async function supervisor(clock: ManualClock | null): Promise<Limiter> {
  const asked = createInlineSupervisor(clock === null ? {} : { clock })
  await asked.registerService(SERVICE, LIMITS)
  const known = new Set<number>()
  const tickets = new Tickets()
  let children = 0
  const meet = (key: number) => {
    known.add(key)
    return asked.registerServicePid(SERVICE, key + 1)
  }
  const verdictOf = (answer: Grant | Refusal) => {
    if (answer.ok) {
      tickets.put(answer.ticket)
      return 0
    }
    if (answer.code !== 'rate_limit') throw new Error(answer.message)
    return answer.retryAfterMs ?? Number.POSITIVE_INFINITY
  }
  return {
    ask(key) {
      // Not awaited: what one caller asks is answered in order.
      if (!known.has(key)) void meet(key)
      return asked.authorizeSpawn(key + 1, 'child').then(verdictOf)
    },
    record(key) {
      const pid = CHILDREN_FROM + (children++ % CHILDREN_FROM)
      asked.cast.recordSpawn(key + 1, { name: 'child', pid }, { ticket: tickets.take() })
      asked.cast.recordSpawnExit(pid, { exitCode: 0 })
      asked.cast.removeChild(pid)
    },
    drop: () => asked.cast.releaseTicket(tickets.take()),
    meet: key => void meet(key),
    forget(key) {
      known.delete(key)
      asked.cast.recordSpawnExit(key + 1, { exitCode: 0 })
    },
    moved: async byMs => clock?.advance(byMs),
  }
}

/** Tickets in the order granted, which is the order in which they are used. */
class Tickets {
  private readonly waiting: number[] = []
  private first = 0

  put(ticket: number): void {
    if (this.first === this.waiting.length) this.waiting.length = this.first = 0
    this.waiting.push(ticket)
  }

  take(): number {
    if (this.first === this.waiting.length) throw new Error('a spawn is recorded that was not granted')
    return this.waiting[this.first++]
  }
}
