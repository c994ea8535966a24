/** The door of a host's trees: takes operations as integers, one after another, and puts answers into the outbox. */

import { EspalierError, FAILURE_CODES, type FailureCode } from '../../protocol/failures.js'
import { CAST_NAMES, NO_ANSWER, type OperationCode } from '../../protocol/lane/operations.js'
import { H_STAMP } from '../../protocol/lane/rows.js'
import { lookAhead } from './ahead.js'
import { operations } from './operations.js'
import type { Grove } from './state.js'
import { sweepRates } from './sweep.js'
import { endOverdue } from './ttl.js'

/** Sets the stamp of what follows: it never goes back. `nowMs` is the supervisor's clock, `wallMs` Unix ms. */
export function stamp(grove: Grove, nowMs: number, wallMs: number): void {
  const { floats } = grove.memory
  const before = floats[H_STAMP]
  const now = Math.max(nowMs, before)
  grove.checkMs = Math.floor(now)
  grove.grantMs = Math.ceil(now)
  grove.checkStamp = grove.checkMs | 0
  grove.grantStamp = grove.grantMs | 0
  grove.wallMs = Math.round(wallMs)
  sweepRates(grove, before, now)
  // A stamp stays a stamp when the operation behind it is cut short: it needs no undo.
  grove.memory.floats[H_STAMP] = now
  endOverdue(grove)
}

/**
 * Applies every operation of a frame: `ints[0 .. length)` holds whole records.
 * @param afterEach called after each; answers may be posted there
 */
export function apply(grove: Grove, ints: Int32Array, length: number, afterEach: () => void): void {
  const { memory } = grove
  grove.ahead = lookAhead(grove, ints, length)
  for (let at = 0; at < length; at += ints[at] >>> 8) {
    const code = (ints[at] & 255) as OperationCode
    try {
      operations[code](grove, ints, at, ints[at + 1])
    } catch (error) {
      // Anything else is a broken invariant: it ends this host, and a successor undoes the operation.
      // So does a failure that comes after the first write: operations look before they write.
      if (!(error instanceof EspalierError) || memory.isTouched) throw error
      fail(grove, ints, at, error)
    }
    memory.commit()
    grove.vacateLeft()
    afterEach()
  }
}

function fail(grove: Grove, ints: Int32Array, at: number, error: EspalierError): void {
  const code = error.code as FailureCode
  const id = ints[at + 1]
  if (id !== NO_ANSWER) {
    grove.outbox.failed(id, FAILURE_CODES.indexOf(code), error.message)
    return
  }
  const failure = { operation: CAST_NAMES[ints[at] & 255], code, message: error.message }
  const slot = grove.find(ints[at + 2])
  if (slot === 0) grove.outbox.strays.push(failure)
  else if (grove.happens(grove.serviceOf(slot))) grove.tell(grove.serviceOf(slot), 'cast_failed', failure)
}
