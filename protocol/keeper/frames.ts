/** Frames of the link to a keeper: commands to bytes, bytes to reports. Pure, and bounded by one frame. */

import { type Layout, readFields, sizeOf, type Values, writeFields } from './layout.js'
import {
  COMMANDS,
  type CommandKind,
  KEEPER_FRAME_BYTES_MAX,
  KEEPER_FRAME_HEAD,
  REPORTS,
  type ReportKind,
  STRAY,
} from './messages.js'

const NO_BYTES = new Uint8Array(0)

/** A report as it was read; `tail` is a view of the bytes given, to be copied by who keeps it. */
export type Report = {
  readonly [Kind in ReportKind]: {
    readonly kind: Kind
    readonly id: number
    readonly fields: Values<(typeof REPORTS)[Kind]['fields']>
    readonly tail: Uint8Array
  }
}[ReportKind]

/** Reports completed by some bytes, and what ended the stream, if something did. */
export interface DecodedReports {
  readonly reports: readonly Report[]
  readonly fault: string | null
}

export interface ReportDecoder {
  /** Takes the next bytes. After a fault every call answers that fault alone. */
  push(bytes: Uint8Array): DecodedReports
}

/** One command as a frame. The tail must leave room for the fields in `KEEPER_FRAME_BYTES_MAX`. */
export function encodeCommand<Kind extends CommandKind>(
  kind: Kind,
  id: number,
  values: Values<(typeof COMMANDS)[Kind]['fields']>,
  tail: Uint8Array = NO_BYTES,
): Uint8Array {
  const { type, fields }: { type: number; fields: Layout } = COMMANDS[kind]
  const size = KEEPER_FRAME_HEAD + sizeOf(fields) + tail.length
  const frame = new Uint8Array(size)
  const view = new DataView(frame.buffer)
  view.setUint32(0, size - 4, true)
  view.setUint8(4, type)
  view.setUint32(5, id, true)
  frame.set(tail, writeFields(view, KEEPER_FRAME_HEAD, fields, values))
  return frame
}

/** Numbers as the tail of `signal`, `end` and `spawn` has them: `u32` each. */
export function encodeNumbers(numbers: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(numbers.length * 4))
  numbers.forEach((number, at) => {
    view.setUint32(at * 4, number, true)
  })
  return new Uint8Array(view.buffer)
}

/** The tail of `take`: as many as a frame holds, the others have no voice. */
export function encodeStrays(strays: readonly { readonly pid: number; readonly startTicks: number }[]): Uint8Array {
  const size = sizeOf(STRAY)
  const told = strays.slice(0, Math.floor((KEEPER_FRAME_BYTES_MAX - KEEPER_FRAME_HEAD) / size))
  const view = new DataView(new ArrayBuffer(told.length * size))
  for (const [at, { pid, startTicks }] of told.entries()) writeFields(view, at * size, STRAY, { pid, startTicks })
  return new Uint8Array(view.buffer)
}

/** The pids in the tail of `ended`. */
export function decodeNumbers(tail: Uint8Array): readonly number[] {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength)
  return Array.from({ length: tail.length >> 2 }, (_, at) => view.getUint32(at * 4, true))
}

const BY_TYPE: ReadonlyMap<number, ReportKind> = new Map(
  (Object.keys(REPORTS) as ReportKind[]).map(kind => [REPORTS[kind].type, kind]),
)

/** A decoder for one link; it holds at most one unfinished frame. */
export function createReportDecoder(): ReportDecoder {
  let held: Uint8Array = NO_BYTES
  let fault: string | null = null
  return {
    push(bytes) {
      if (fault !== null) return { reports: [], fault }
      const all = held.length === 0 ? bytes : joined(held, bytes)
      const reports: Report[] = []
      let at = 0
      while (fault === null) {
        const next = readFrame(all, at)
        if (next === null) break
        if (typeof next === 'string') fault = next
        else {
          reports.push(next.report)
          at = next.end
        }
      }
      held = fault === null ? all.slice(at) : NO_BYTES
      return { reports, fault }
    },
  }
}

/** The frame at `at`; null when it is not there yet; what is wrong with it. */
function readFrame(bytes: Uint8Array, at: number): { readonly report: Report; readonly end: number } | string | null {
  if (bytes.length - at < KEEPER_FRAME_HEAD) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at)
  const length = view.getUint32(0, true)
  if (length < KEEPER_FRAME_HEAD - 4 || length > KEEPER_FRAME_BYTES_MAX) {
    return `a frame of the keeper says that it is ${length} bytes long`
  }
  if (view.byteLength < length + 4) return null
  const kind = BY_TYPE.get(view.getUint8(4))
  if (kind === undefined) return `a frame of the keeper has the unknown type ${view.getUint8(4)}`
  const layout: Layout = REPORTS[kind].fields
  const tailAt = KEEPER_FRAME_HEAD + sizeOf(layout)
  if (tailAt > length + 4) return `a frame of the keeper is too short for ${kind}`
  const report = {
    kind,
    id: view.getUint32(5, true),
    fields: readFields(view, KEEPER_FRAME_HEAD, layout),
    tail: bytes.subarray(at + tailAt, at + length + 4),
  }
  return { report: report as unknown as Report, end: at + length + 4 }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
