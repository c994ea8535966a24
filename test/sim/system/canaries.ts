/** Bugs to plant, one at a time: a simulation that does not find them is worth nothing. */

import { OP, R_MORE, RECORD, writeFloat } from '../../../protocol/lane/operations.js'
import { eachRecord } from './ledger.js'

export interface Canary {
  readonly name: string
  readonly what: string
  readonly corrupt?: (frame: Int32Array) => void
  readonly forgetsUndo?: boolean
  readonly losesExits?: boolean
  readonly forgetsSurvivors?: boolean
  readonly clockAheadMs?: number
  readonly forgetsCharges?: boolean
  readonly liesAboutSync?: boolean
}

/** The offset of the digit behind `"key":` in a frame's text, and null where there is none. */
function raise(frame: Int32Array, key: string): void {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
  const at = bytes.indexOf(`"${key}":`)
  if (at >= 0) bytes[at + key.length + 3]++
}

function forgetTicks(frame: Int32Array): void {
  eachRecord(frame, at => {
    const code = frame[at] & 255
    if (code === OP.exit) writeFloat(frame, at + 7, Number.NaN)
    if (code === OP.record && frame[at + RECORD.flags] & R_MORE) writeFloat(frame, at + RECORD.startTicks, Number.NaN)
  })
}

export const CANARIES: readonly Canary[] = [
  { name: 'undo', what: 'a successor does not take back the operation cut short', forgetsUndo: true },
  { name: 'descendants', what: 'a host lets one descendant more live', corrupt: frame => raise(frame, 'descendants') },
  { name: 'children', what: 'a host lets a parent have one child more', corrupt: frame => raise(frame, 'children') },
  { name: 'depth', what: 'a host lets trees be one level deeper', corrupt: frame => raise(frame, 'depth') },
  { name: 'identity', what: 'a host does not look at start ticks', corrupt: forgetTicks },
  { name: 'clock', what: "a host's clock runs ahead, so that a window ends early", clockAheadMs: 40 },
  { name: 'exits', what: 'one exit in five is never told', losesExits: true },
  { name: 'survivors', what: 'a new daemon does not take over what runs', forgetsSurvivors: true },
  { name: 'charges', what: 'a grant is not stored before its process starts', forgetsCharges: true },
  { name: 'sync', what: 'a disk says that it has written what it has not', liesAboutSync: true },
]
