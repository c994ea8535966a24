/** One connection to a keeper: frames out, gathered by the turn; reports in, one after another; its end told once. */

import type { Socket } from 'node:net'
import { createReportDecoder, encodeCommand, type Report } from '../../protocol/keeper/frames.js'
import { KEEPER_VERSION } from '../../protocol/keeper/messages.js'

/** Unsent commands past which the link is given up, in bytes: the keeper is stopped or hangs, and answers time out anyway. */
const UNSENT_BYTES_MAX = 64 * 1024 * 1024

/** How long reports of all keepers are heard in one turn of the event loop, in ms: each start has pipes to be opened. */
const SLICE_MS = 1

let sliceEndMs: number | null = null

/** When the slice of this turn is over, for every link together. */
function endOfSlice(): number {
  if (sliceEndMs === null) {
    sliceEndMs = performance.now() + SLICE_MS
    setImmediate(() => {
      sliceEndMs = null
    })
  }
  return sliceEndMs
}

export interface LinkListener {
  /** Called for each report, in order. */
  heard(report: Report): void
  /** Called after each batch of reports. */
  paused(): void
  /** Called once; nothing is heard after it. */
  closed(why: string): void
}

/** An open link on which hello has been said. */
export class KeeperLink {
  readonly #socket: Socket
  readonly #listener: LinkListener
  /** Reports that came and were not heard yet: at most what one read of the socket holds. */
  #waiting: readonly Report[] = []
  #fault: string | null = null
  #isGivenUp = false
  #why = 'it hung up'
  #isCorked = false

  /** Says hello: exits after `lastSeq` of that generation are wanted. */
  constructor(socket: Socket, listener: LinkListener, generation: number, lastSeq: number) {
    this.#socket = socket
    this.#listener = listener
    const decoder = createReportDecoder()
    socket.on('data', (bytes: Buffer) => {
      const { reports, fault } = decoder.push(bytes)
      this.#waiting = [...this.#waiting, ...reports]
      this.#fault = fault
      this.#take(endOfSlice())
    })
    socket.on('error', error => {
      this.#why = error.message
    })
    socket.once('close', () => {
      if (!this.#isGivenUp) this.#take(Number.POSITIVE_INFINITY)
      listener.closed(this.#why)
    })
    this.send(encodeCommand('hello', 0, { version: KEEPER_VERSION, daemonPid: process.pid, generation, lastSeq }))
  }

  /** Hears what waits, one at least; the rest in the next turn, and until then the socket is not read. */
  #take(endMs: number): void {
    let heard = 0
    while (heard < this.#waiting.length && !this.#isGivenUp) {
      this.#hear(this.#waiting[heard])
      heard++
      if (performance.now() >= endMs) break
    }
    this.#waiting = this.#waiting.slice(heard)
    this.#listener.paused()
    if (this.#isGivenUp) return
    if (this.#waiting.length > 0) {
      this.#socket.pause()
      setImmediate(() => {
        if (!this.#socket.destroyed) this.#take(endOfSlice())
      })
    } else if (this.#fault !== null) this.close(this.#fault)
    else this.#socket.resume()
  }

  #hear(report: Report): void {
    if (report.kind === 'fault') this.#why = `it says: ${new TextDecoder().decode(report.tail).replace('\0', '')}`
    else this.#listener.heard(report)
  }

  /** Frames of one turn leave together. */
  send(frame: Uint8Array): void {
    if (this.#socket.destroyed) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(frame)
    if (this.#socket.writableLength > UNSENT_BYTES_MAX) this.close('it does not read what it is told')
  }

  /** While somebody waits for the keeper, the link keeps this process alive; otherwise not. */
  hold(isWanted: boolean): void {
    if (isWanted) this.#socket.ref()
    else this.#socket.unref()
  }

  close(why: string): void {
    this.#why = why
    this.#isGivenUp = true
    this.#socket.destroy()
  }
}
