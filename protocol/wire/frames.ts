/** Frames on a socket: one JSON object a line. The decoder is pure: bytes in, frames or one typed fault out. */

import { show } from '../show.js'

/** Longest frame in bytes, its newline not counted (1 MiB). */
export const FRAME_BYTES_MAX = 1024 * 1024

/** Deepest nesting of objects and arrays in a frame; a flat object is 1. */
export const FRAME_DEPTH_MAX = 32

/** What can be wrong with bytes that should be a frame. */
export type FrameFaultCode = 'too_long' | 'not_utf8' | 'not_json' | 'too_deep' | 'not_an_object' | 'half_sent'

/** Bytes that are no frame. `message` names the rule and the way out. */
export interface FrameFault {
  readonly code: FrameFaultCode
  readonly message: string
}

/** What a frame holds before anybody has looked at its fields. */
export type FrameObject = Readonly<Record<string, unknown>>

/** The frames completed by some bytes, and the fault that ended the stream, if one did. */
export interface Decoded {
  readonly frames: readonly FrameObject[]
  readonly fault: FrameFault | null
}

export interface FrameDecoder {
  /** Takes the next bytes. After a fault nothing more is decoded: every later call answers that fault alone. */
  push(bytes: Uint8Array): Decoded
  /** The stream has ended: `half_sent` when it did so inside a frame. */
  end(): FrameFault | null
  /** Bytes of the unfinished frame that are held, 0 to `FRAME_BYTES_MAX`. */
  readonly held: number
}

/** A decoder for one direction of one connection; holds at most one unfinished frame. */
export function createFrameDecoder(): FrameDecoder {
  let pending = new Uint8Array(PENDING_BYTES_FIRST)
  let held = 0
  let fault: FrameFault | null = null

  function hold(bytes: Uint8Array): FrameFault | null {
    if (held + bytes.length > FRAME_BYTES_MAX) return tooLong()
    if (held + bytes.length > pending.length) pending = grown(pending, held, held + bytes.length)
    pending.set(bytes, held)
    held += bytes.length
    return null
  }

  function line(tail: Uint8Array): Uint8Array {
    if (held === 0) return tail
    const whole = pending.subarray(0, held)
    held = 0
    return whole
  }

  return {
    get held() {
      return held
    },
    push(bytes) {
      const frames: FrameObject[] = []
      let start = 0
      while (fault === null && start < bytes.length) {
        const newline = bytes.indexOf(NEWLINE, start)
        const piece = bytes.subarray(start, newline < 0 ? bytes.length : newline)
        // A whole frame inside one chunk is read where it lies; only what is cut is copied.
        const copies = newline < 0 || held > 0
        fault = copies ? hold(piece) : piece.length > FRAME_BYTES_MAX ? tooLong() : null
        if (fault !== null || newline < 0) break
        const decoded = decodeLine(line(piece))
        if (decoded.fault === null) frames.push(decoded.frame)
        else fault = decoded.fault
        start = newline + 1
      }
      return { frames, fault }
    },
    end() {
      if (fault === null && held > 0) {
        fault = { code: 'half_sent', message: `the stream ended inside a frame, after ${held} bytes without a newline` }
      }
      return fault
    },
  }
}

/** One object as a frame: its JSON and a newline. */
export function encodeFrame(frame: object): string {
  return `${JSON.stringify(frame)}\n`
}

const NEWLINE = 0x0a
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENERS = new Set([0x5b, 0x7b])
const CLOSERS = new Set([0x5d, 0x7d])

/** First size of the buffer for an unfinished frame; it doubles, so that one-byte chunks cost no object each. */
const PENDING_BYTES_FIRST = 1024

type Line = { readonly frame: FrameObject; readonly fault: null } | { readonly frame: null; readonly fault: FrameFault }

function tooLong(): FrameFault {
  return { code: 'too_long', message: `a frame is longer than ${FRAME_BYTES_MAX} bytes: send less in one request` }
}

function grown(old: Uint8Array, used: number, needed: number): Uint8Array<ArrayBuffer> {
  let size = old.length
  while (size < needed) size *= 2
  const next = new Uint8Array(size)
  next.set(old.subarray(0, used))
  return next
}

function decodeLine(line: Uint8Array): Line {
  if (isDeep(line)) {
    return bad('too_deep', `a frame nests deeper than ${FRAME_DEPTH_MAX} levels: send flat objects`)
  }
  const text = textOf(line)
  if (text === null) return bad('not_utf8', 'a frame is not valid UTF-8')
  const value = jsonOf(text)
  if (value === undefined) return bad('not_json', `a frame is not JSON: ${show(text)}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad('not_an_object', `a frame must be a JSON object, not ${show(text)}`)
  }
  return { frame: value as FrameObject, fault: null }
}

/** Looks at the bytes before any parser does, so that a parser's own recursion is never tried. */
function isDeep(line: Uint8Array): boolean {
  let depth = 0
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const byte = line[i]!
    if (quoted) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) quoted = false
    } else if (byte === QUOTE) quoted = true
    else if (OPENERS.has(byte)) {
      if (++depth > FRAME_DEPTH_MAX) return true
    } else if (CLOSERS.has(byte)) depth--
  }
  return false
}

function textOf(line: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function bad(code: FrameFaultCode, message: string): Line {
  return { frame: null, fault: { code, message } }
}
