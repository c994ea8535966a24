/** The process of one contestant of the case `authorize`: `WAY GRANT|REFUSAL CALLERS DECISIONS`. */

import { compete } from '../harness/contest.js'
import { quantile } from '../harness/statistics.js'
import { type Authority, CHILD_NAME, LIMITS } from '../lifecycle/workload.js'
import { open } from './ways.js'

/** What a round says; times are those of one promise. */
export type Round = {
  readonly decisionsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

const SERVICE = 'svc'
/** Of those that are refused. */
const REFUSED_PARENTS = 1_000
/** One grant in an hour: every later question is refused, with the time to wait. */
const ONCE = { ...LIMITS, rate: { limit: 1, windowMs: 3_600_000 } }

const [way, what, callers, decisions] = process.argv.slice(2)
const isGrant = what === 'grant'

void compete(async () => {
  const { authority, decide } = open(way, Number(callers))
  const timed = Math.ceil(Number(decisions) / 2)
  const parents = isGrant ? Math.ceil((Number(decisions) + timed) / 8) : REFUSED_PARENTS
  await register(authority, parents)
  let turn = 0
  const nextParent = () => 1 + (turn++ % parents)
  const tickets: number[] = []
  const round = async (count: number, tookMs: number[] | null) => {
    const begunMs = performance.now()
    await decide({ count, nextParent, isGrant, tickets, tookMs })
    return count / ((performance.now() - begunMs) / 1000)
  }
  return async () => {
    const decisionsPerSecond = await round(Number(decisions), null)
    const tookMs: number[] = []
    await round(timed, tookMs)
    // Not measured: it only makes room for the next round.
    await Promise.all(tickets.splice(0).map(ticket => authority.release(ticket)))
    await authority.fence()
    return figuresOf(decisionsPerSecond, tookMs)
  }
})

async function register(authority: Authority, parents: number): Promise<void> {
  await authority.register(SERVICE, isGrant ? LIMITS : ONCE)
  await Promise.all(Array.from({ length: parents }, (_, at) => authority.registerRoot(SERVICE, 1 + at)))
  if (isGrant) return
  await Promise.all(Array.from({ length: parents }, (_, at) => authority.authorize(1 + at, CHILD_NAME)))
}

function figuresOf(decisionsPerSecond: number, tookMs: readonly number[]): Round {
  const sorted = [...tookMs].sort((a, b) => a - b)
  const us = (share: number) => quantile(sorted, share) * 1000
  return { decisionsPerSecond, p50Us: us(0.5), p99Us: us(0.99), p999Us: us(0.999) }
}
