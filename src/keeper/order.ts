/** An order to end, carried out through a keeper: TERM, grace, and then what nobody can ignore. */

import { constants } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../../protocol/failures.js'
import { type Deadline, startDeadline } from '../launcher/deadline.js'
import { nameHoldup } from '../os/holdup.js'

/** First and longest pause between two looks for forks that outlive their leader within the grace, in ms. */
const LOOK_MS = { first: 10, longest: 200 } as const

/** What an order is about. */
export interface Target {
  /** Signals all that is meant, forks too, and wakes it; answers how many it met. Signal 0 only counts. */
  signal(signal: number): Promise<number>
  /** Stops and kills it, until nothing is left: null; or the pids of what is still there at its deadline. */
  kill(): Promise<readonly number[] | null>
  /** Resolves when the processes themselves, as many as there are at the call, were reaped. */
  reaped(): Promise<unknown>
}

export interface Order {
  readonly grace: Deadline
  /** @throws {EspalierError} `timeout`, naming pids, when something will not die */
  readonly done: Promise<void>
}

/** Begins at once. Bringing the grace forward is how a later order joins it. */
export function startOrder(target: Target, graceMs: number): Order {
  const grace = startDeadline(graceMs)
  return { grace, done: carryOut(target, grace).finally(() => grace.cancel()) }
}

async function carryOut(target: Target, grace: Deadline): Promise<void> {
  // Without a grace nobody could act on TERM.
  if (!grace.isOver()) await waitForEnd(target, grace)
  // Even where nothing was found: one look can miss a process that forks and ends all the time, the keeper's end does not.
  const left = await target.kill()
  if (left !== null) {
    throw new EspalierError(
      'timeout',
      `process ${left.map(nameHoldup).join(', ')} is still there long after KILL: it hangs in the kernel, or runs as another user; ` +
        'end it as root, or look for a stuck disk or mount',
    )
  }
  await target.reaped()
}

/** Resolves when nothing is seen any more, or the grace is over. */
async function waitForEnd(target: Target, grace: Deadline): Promise<void> {
  await target.signal(constants.signals.SIGTERM)
  await Promise.race([target.reaped(), grace.passed])
  for (let pauseMs: number = LOOK_MS.first; !grace.isOver(); pauseMs = Math.min(pauseMs * 2, LOOK_MS.longest)) {
    if ((await target.signal(0)) === 0) return
    await Promise.race([delay(pauseMs), grace.passed])
  }
}
