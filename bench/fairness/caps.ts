/** Caps that many parents share: ten a second for all of them together. */

import { createInlineSupervisor, manualClock } from '../../src/testing.js'
import { fixedWindow } from '../rate-limiter/definitions/fixed-window.js'
import { tokenBucket } from '../rate-limiter/definitions/token-bucket.js'
import { LIMIT, type Limiter, WINDOW_MS } from '../rate-limiter/limiter.js'

export interface Cap {
  /** Whether this parent is granted one now. */
  ask(parent: number): boolean | Promise<boolean>
  moveTo(ms: number): Promise<void>
}

/** Three times the share of an equal parent, for the line in which a parent has a limit of its own too. */
export const OWN_LIMIT = 3

/** @param parents how many there are, from 0 */
export const CAPS: Readonly<Record<string, (parents: number) => Promise<Cap>>> = {
  service_rate: parents => supervised(parents, 'none'),
  'service_rate and rate': parents =>
    supervised(parents, { limit: OWN_LIMIT, windowMs: (parents / LIMIT) * WINDOW_MS }),
  'token bucket': async () => shared(tokenBucket),
  'fixed window': async () => shared(fixedWindow),
}

async function supervised(parents: number, rate: 'none' | { limit: number; windowMs: number }): Promise<Cap> {
  const clock = manualClock()
  const supervisor = createInlineSupervisor({ clock })
  const serviceRate = { limit: LIMIT, windowMs: WINDOW_MS }
  await supervisor.registerService('svc', { children: 4e6, descendants: 4e6, rate, serviceRate })
  for (let parent = 0; parent < parents; parent++) await supervisor.registerServicePid('svc', parent + 1)
  return {
    async ask(parent) {
      const answer = await supervisor.authorizeSpawn(parent + 1, 'child')
      if (answer.ok) supervisor.cast.releaseTicket(answer.ticket)
      return answer.ok
    },
    moveTo: ms => clock.advance(ms - clock.nowMs),
  }
}

/** One key for everybody. */
function shared(create: (nowMs: () => number) => Limiter): Cap {
  let nowMs = 0
  const limiter = create(() => nowMs)
  return {
    ask: () => limiter.ask(0) === 0,
    async moveTo(ms) {
      nowMs = ms
    },
  }
}
