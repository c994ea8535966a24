/** One connection to a keeper: frames out, gathered by the turn; reports in, one after another; its end told once. */

import type { Socket } from 'node:net'
import { createReportDecoder, encodeCommand, type Report } from '../../protocol/keeper/frames.js'
import { KEEPER_VERSION } from '../../protocol/keeper/messages.js'
import { inSlice } from '../slices.js'

/** Unsent commands past which the link is given up, in bytes: the keeper is stopped or hangs, and answers time out anyway. */
const UNSENT_BYTES_MAX = 64 * 1024 * 1024

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
  readonly #decoder = createReportDecoder()
  /** Reports of one read of the socket, and how many of them were heard. */
  #waiting: readonly Report[] = []
  #heard = 0
  #fault: string | null = null
  #isGivenUp = false
  #why = 'it hung up'
  #isCorked = false

  /** Says hello: exits after `lastSeq` of that generation are wanted. */
  constructor(socket: Socket, listener: LinkListener, generation: number, lastSeq: number) {
    this.#socket = socket
    this.#listener = listener
    socket.on('error', error => {
      this.#why = error.message
    })
    socket.once('close', () => {
      while (this.#hasMore) this.#hear(this.#waiting[this.#heard++])
      listener.closed(this.#why)
    })
    this.send(encodeCommand('hello', 0, { version: KEEPER_VERSION, daemonPid: process.pid, generation, lastSeq }))
  }

  /** Takes what came on the socket; the bytes may be used again when it is not paused. */
  read(bytes: Uint8Array): void {
    const { reports, fault } = this.#decoder.push(bytes)
    this.#waiting = [...this.#waiting.slice(this.#heard), ...reports]
    this.#heard = 0
    this.#fault = fault
    this.#take()
    if (this.#hasMore) this.#socket.pause()
  }

  /** Hears what was read, one report a job; until all are heard the socket is not read. */
  #take(): void {
    inSlice(() => {
      if (this.#hasMore) this.#hear(this.#waiting[this.#heard++])
      if (this.#hasMore) this.#take()
      else this.#rest()
    })
  }

  /** All that was read is heard. */
  #rest(): void {
    this.#listener.paused()
    if (this.#isGivenUp || this.#socket.destroyed) return
    if (this.#fault !== null) this.close(this.#fault)
    else if (this.#socket.isPaused()) this.#socket.resume()
  }

  get #hasMore(): boolean {
    return this.#heard < this.#waiting.length && !this.#isGivenUp
  }

  #hear(report: Report): void {
    if (report.kind === 'fault') this.#why = `it says: ${new TextDecoder().decode(report.tail).replace('\0', '')}`
    else this.#listener.heard(report)
  }

  /** Frames leave together when it is their turn: each write wakes the keeper, which may take our place on the processor. */
  send(frame: Uint8Array): void {
    if (this.#socket.destroyed) return
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork()
      process.nextTick(inSlice, () => {
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
