/** Where lines go: one stream that may be slow, stuck or gone without anybody else suffering from it. */

import type { Writable } from 'node:stream'

/** Bytes that may wait for the reader before writers are asked to wait, 1 MiB. */
export const WAITING_BYTES_MAX = 1024 * 1024

/** How long writers wait for a reader that takes nothing, in ms; then lines are dropped and counted. */
export const STUCK_MS = 5000

/** How long the last lines may take to leave, in ms. */
const FLUSH_MS = 2000

/** A stream of lines. Writing never throws and never waits. */
export interface Sink {
  /** Writes lines; the caller has made them harmless. Dropped when the reader is gone, or stuck for longer than `STUCK_MS`. */
  lines(texts: readonly string[]): void
  /** Lines kept below all others on a terminal, each one row; elsewhere nothing. */
  footer(lines: readonly string[]): void
  /** True while writers should wait. */
  isFull(): boolean
  /** Calls back once there is room, or once waiting is given up: within `STUCK_MS`. */
  onceRoom(callback: () => void): void
  /** Resolves when everything was written or cannot be: within 2 s. */
  flush(): Promise<void>
}

/** A stream as tests and terminals have it. */
export type SinkStream = Writable & { readonly isTTY?: boolean }

/** A sink on a stream. Errors of the stream (EPIPE, EIO) mean that its reader has gone: what is written then is dropped. */
export function createSink(stream: SinkStream, options: { readonly stuckMs?: number } = {}): Sink {
  const { stuckMs = STUCK_MS } = options
  const waiting = new Set<() => void>()
  let isGone = false
  let isStuck = false
  let lost = 0
  let footerLines: readonly string[] = []
  let stuckTimer: NodeJS.Timeout | undefined

  const wakeAll = () => {
    clearTimeout(stuckTimer)
    stuckTimer = undefined
    const callbacks = [...waiting]
    waiting.clear()
    for (const callback of callbacks) callback()
  }
  stream.on('error', () => {
    isGone = true
    wakeAll()
  })
  stream.on('drain', () => {
    isStuck = false
    if (lost > 0) {
      const text = `espalier | ${lost} lines are missing here: the reader of this output was too slow`
      lost = 0
      write(`${text}\n`)
    }
    wakeAll()
  })

  function write(text: string): void {
    if (!isGone) stream.write(text)
  }

  const isFull = () => !isGone && !isStuck && stream.writableLength > WAITING_BYTES_MAX

  return {
    lines(texts) {
      if (texts.length === 0) return
      // Even those that do not wait when asked to find an end of the queue.
      if (stream.writableLength > (isStuck ? 1 : 4) * WAITING_BYTES_MAX) lost += texts.length
      else write(`${erased(footerLines)}${drawn(texts)}${drawn(footerLines)}`)
    },
    footer(lines) {
      if (stream.isTTY !== true) return
      write(`${erased(footerLines)}${drawn(lines)}`)
      footerLines = lines
    },
    isFull,
    onceRoom(callback) {
      if (!isFull()) {
        callback()
        return
      }
      waiting.add(callback)
      stuckTimer ??= setTimeout(() => {
        isStuck = true
        wakeAll()
      }, stuckMs)
    },
    async flush() {
      if (isGone || stream.writableLength === 0) return
      await new Promise<void>(settle => {
        const timer = setTimeout(settle, FLUSH_MS)
        // An empty write is called back when all before it have left.
        stream.write('', () => {
          clearTimeout(timer)
          settle()
        })
      })
    },
  }
}

/** Up to the footer's first row, then everything below cleared. */
function erased(footer: readonly string[]): string {
  return footer.length === 0 ? '' : `\u001b[${footer.length}A\u001b[0J`
}

function drawn(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('')
}
