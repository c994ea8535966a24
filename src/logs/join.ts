/** Lines that came in pieces, put together again. */

import type { LogHead, LogLine, LogPiece } from './line.js'

/** Longest line that is passed on whole, in bytes; a longer one comes in parts of about this length. */
export const LINE_BYTES_MAX = 8192

/** Lines that may be under way at one time; past it the one that began first is passed on as it is. */
const OPEN_MAX = 4096

interface Open {
  readonly head: LogHead
  readonly parts: readonly Buffer[]
  readonly bytes: number
}

/** Puts the pieces of one service together. */
export class Joiner {
  readonly #service: string
  readonly #open = new Map<string, Open>()

  constructor(service: string) {
    this.#service = service
  }

  /** The lines that this piece completes. */
  push(piece: LogPiece): readonly LogLine[] {
    // What is missing here may be the rest of any of them.
    if (piece.stream === 'lost') return [...this.flush(), ...this.#cut(piece, piece.text)]
    const key = `${piece.pid} ${piece.stream}`
    const open = this.#open.get(key)
    if (open === undefined && !piece.goesOn) return this.#cut(piece, piece.text)
    const parts = [...(open?.parts ?? []), piece.text]
    const head = open === undefined || open.bytes === 0 ? piece : open.head
    const bytes = (open?.bytes ?? 0) + piece.text.length
    if (!piece.goesOn) {
      this.#open.delete(key)
      // All of it was passed on already: only its end has come.
      return bytes === 0 ? [] : this.#cut(head, Buffer.concat(parts))
    }
    const isLong = bytes > LINE_BYTES_MAX
    this.#open.set(key, isLong ? { head, parts: [], bytes: 0 } : { head, parts, bytes })
    const first = this.#open.size > OPEN_MAX ? this.#first() : []
    return isLong ? [...first, ...this.#cut(head, Buffer.concat(parts))] : first
  }

  /** What is under way, as it is: the rest will be lines of their own. */
  flush(): readonly LogLine[] {
    const lines: LogLine[] = []
    while (this.#open.size > 0) lines.push(...this.#first())
    return lines
  }

  #first(): readonly LogLine[] {
    for (const [key, { head, parts, bytes }] of this.#open) {
      this.#open.delete(key)
      return bytes === 0 ? [] : this.#cut(head, Buffer.concat(parts))
    }
    return []
  }

  #cut({ time, label, pid, stream }: LogHead, bytes: Buffer): readonly LogLine[] {
    const service = this.#service
    const line = (text: string) => ({ time, service, label: label === '-' ? service : label, pid, stream, text })
    if (bytes.length <= LINE_BYTES_MAX) return [line(withoutReturn(bytes.toString('utf8')))]
    const lines: LogLine[] = []
    for (let at = 0; at < bytes.length; at += LINE_BYTES_MAX)
      lines.push(line(bytes.toString('utf8', at, at + LINE_BYTES_MAX)))
    return lines
  }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
