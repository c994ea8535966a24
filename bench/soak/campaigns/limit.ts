/** Campaign `limit`: as many callers as like may ask at once; a limit admits exactly what it says, on one host and on two. */

import { createSupervisor, type Supervisor } from '../../../src/index.js'
import { type ManualClock, manualClock } from '../../../src/testing.js'
import { type Campaign, Violation } from '../campaign.js'
import { type Draw, drawFrom } from '../draw.js'
import { RULES, WINDOW_MS } from '../limit/rules.js'
import { CALLERS, Siege } from '../limit/siege.js'

/** A supervisor under siege. */
export interface Place {
  readonly name: string
  readonly supervisor: Supervisor
  readonly clock: ManualClock
}

/** Pids come round after so many: what a round used has left long before. */
const PIDS = 2 ** 22 - 1

export const limit: Campaign = {
  name: 'limit',
  summary: `${CALLERS} callers at once at each of ${RULES.length} limits admit exactly the limit, on 1 and 2 hosts`,
  rounds: 100,
  async open() {
    const places = [1, 2].map(hosts => {
      const clock = manualClock()
      const supervisor = createSupervisor({ hosts, clock })
      return { name: `${hosts} host${hosts === 1 ? '' : 's'}`, supervisor, clock }
    })
    const besieged = places.map(besiege)
    return {
      async round(seed) {
        for (const round of besieged) await round(drawFrom(seed))
      },
      async close() {
        await Promise.all(places.map(({ supervisor }) => supervisor.close()))
      },
    }
  },
}

/**
 * Rounds at one place: a service a rule, all at once, so that they share frames and hosts. Every round has its storm; some
 * go on when slots have come back, and some into the next window.
 */
export function besiege({ name, supervisor, clock }: Place): (draw: Draw) => Promise<void> {
  let pid = 0
  const takePid = () => 1 + (pid++ % PIDS)
  return async draw => {
    const sieges = RULES.map(rule => new Siege(supervisor, rule, draw, takePid))
    const all = (act: (siege: Siege) => Promise<void>) => Promise.all(sieges.map(act))
    try {
      await all(siege => siege.begin())
      await all(siege => siege.storm())
      if (draw.upTo(1) === 0) await all(siege => siege.stormAgain())
      if (draw.upTo(3) > 0) return
      await clock.advance(WINDOW_MS - 1)
      await all(siege => siege.stormInWindow())
      await clock.advance(1)
      await all(siege => siege.stormAfterWindow())
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      throw new Violation(`${name}: ${error.message}`)
    } finally {
      await all(siege => siege.end())
    }
  }
}
