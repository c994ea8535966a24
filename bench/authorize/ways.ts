/** Ways to get many decisions: many callers that ask one at a time, or one that asks for many at once. */

import type { Grant, Refusal } from '../../protocol/refusals.js'
import { createSupervisor } from '../../src/index.js'
import { createInlineSupervisor } from '../../src/testing.js'
import { product, WAYS } from '../lifecycle/ways.js'
import { type Authority, CHILD_NAME } from '../lifecycle/workload.js'

/** One stretch of work. */
export interface Stretch {
  readonly count: number
  nextParent(): number
  /** What every answer must be. */
  readonly isGrant: boolean
  /** Where the tickets go. */
  readonly tickets: number[]
  /** Where goes how long each promise took; null to measure nothing but the whole. */
  readonly tookMs: number[] | null
}

/** How many ask for many side by side. */
const ASKERS = 4

/** Asks until the stretch is done. */
export type Decide = (stretch: Stretch) => Promise<void>

/** What a batch looks like: one promise for many decisions. */
interface Batching {
  authorizeMany(requests: readonly { readonly parentPid: number; readonly childName: string }[]): Promise<Answers>
}
type Answers = readonly (Grant | Refusal)[]

/** Whether the library decides many at once. */
export function decidesMany(): boolean {
  return isBatching(createInlineSupervisor())
}

/** @param callers how many ask side by side, each for one; or for how many each of a few asks at once */
export function open(way: string, callers: number): { readonly authority: Authority; readonly decide: Decide } {
  if (way !== 'authorizeMany') {
    const authority = WAYS[way](false)
    return { authority, decide: oneByOne(authority, callers) }
  }
  const supervisor = createSupervisor({ hosts: 1 })
  if (!isBatching(supervisor)) throw new Error('this version of the library has no authorizeMany')
  return { authority: product(supervisor, false), decide: inBatches(supervisor, callers) }
}

function isBatching(supervisor: object): supervisor is Batching {
  return 'authorizeMany' in supervisor
}

function oneByOne(authority: Authority, callers: number): Decide {
  return async stretch => {
    let left = stretch.count
    // Twice the same: who is not timed must not pay for a question whether he is.
    const asking = async () => {
      while (left-- > 0) accept(await authority.authorize(stretch.nextParent(), CHILD_NAME), stretch)
    }
    const timing = async () => {
      while (left-- > 0) {
        const begunMs = performance.now()
        const answer = await authority.authorize(stretch.nextParent(), CHILD_NAME)
        stretch.tookMs?.push(performance.now() - begunMs)
        accept(answer, stretch)
      }
    }
    await Promise.all(Array.from({ length: callers }, stretch.tookMs === null ? asking : timing))
  }
}

/** `ASKERS` ask side by side, each for `size` at once: with one the host would wait while the answers are looked at. */
function inBatches(supervisor: Batching, size: number): Decide {
  return async stretch => {
    let left = stretch.count
    const asking = async () => {
      while (left > 0) {
        const length = Math.min(left, size)
        left -= length
        const requests = Array.from({ length }, () => ({ parentPid: stretch.nextParent(), childName: CHILD_NAME }))
        const begunMs = performance.now()
        const answers = await supervisor.authorizeMany(requests)
        stretch.tookMs?.push(performance.now() - begunMs)
        for (const answer of answers) accept(answer, stretch)
      }
    }
    await Promise.all(Array.from({ length: ASKERS }, asking))
  }
}

function accept(answer: Grant | Refusal, { isGrant, tickets }: Stretch): void {
  if (answer.ok !== isGrant) throw new Error(answer.ok ? 'granted where it must refuse' : `refused: ${answer.message}`)
  if (answer.ok) tickets.push(answer.ticket)
}
