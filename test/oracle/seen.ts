/** What of an answer is compared: no times of the wall clock, no ticket numbers, no ids, no sentences. */

import type { Child } from '../../protocol/children.js'
import type { Grant, Refusal } from '../../protocol/refusals.js'
import type { SpawnTree } from '../../protocol/trees.js'
import type { Ending, Knot } from './books.js'
import type { Foretold } from './checks.js'

export interface SeenChild {
  readonly name: string
  readonly pid: number
  readonly parentPid: number
  readonly depth: number
  readonly cpuPercent: number | null
  readonly rssBytes: number | null
  readonly lastExit: Ending | null
}

export type SeenTree = SpawnTree

export function seenKnot(knot: Knot): SeenChild {
  return {
    name: knot.name,
    pid: knot.pid,
    parentPid: knot.parentPid,
    depth: knot.depth,
    cpuPercent: knot.cpuPercent,
    rssBytes: knot.rssBytes,
    lastExit: knot.ending,
  }
}

export function seenChild(child: Child): SeenChild {
  const { name, pid, parentPid, depth, cpuPercent, rssBytes, lastExit } = child
  const ending =
    lastExit === null ? null : { exitCode: lastExit.exitCode, signal: lastExit.signal, reason: lastExit.reason }
  return { name, pid, parentPid, depth, cpuPercent, rssBytes, lastExit: ending }
}

export function seenRefusal(refusal: Refusal): Foretold {
  const { code, limit, current, retryAfterMs } = refusal
  return { ok: false, code, limit, current, retryAfterMs: retryAfterMs ?? null }
}

export function seenDecision(answer: Grant | Refusal): unknown {
  if (!answer.ok) return seenRefusal(answer)
  const { ok, depth, rootService, expiresAtMs } = answer
  return { ok, depth, rootService, expiresAtMs }
}
