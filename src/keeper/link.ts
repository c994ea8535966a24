/** One connection to a keeper: frames out, gathered by the turn; reports in, one after another; its end told once. */

import type { Socket } from 'node:net'
import { createReportDecoder, encodeCommand, type Report } from '../../protocol/keeper/frames.js'
import { KEEPER_VERSION } from '../../protocol/keeper/messages.js'

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
  #why = 'it hung up'
  #isCorked = false

  /** Says hello: exits after `lastSeq` of that generation are wanted. */
  constructor(socket: Socket, listener: LinkListener, generation: number, lastSeq: number) {
    this.#socket = socket
    const decoder = createReportDecoder()
    socket.on('data', (bytes: Buffer) => {
      const { reports, fault } = decoder.push(bytes)
      for (const report of reports) {
        if (report.kind === 'fault') this.#why = `it says: ${new TextDecoder().decode(report.tail).replace('\0', '')}`
        else listener.heard(report)
      }
      listener.paused()
      if (fault !== null) this.close(fault)
    })
    socket.on('error', error => {
      this.#why = error.message
    })
    socket.once('close', () => listener.closed(this.#why))
    this.send(encodeCommand('hello', 0, { version: KEEPER_VERSION, daemonPid: process.pid, generation, lastSeq }))
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
    this.#socket.destroy()
  }
}
