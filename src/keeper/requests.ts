/** Questions to a keeper that wait for their answer: asked again over a new link, and never waiting for ever. */

import { EspalierError } from '../../protocol/failures.js'

/** Questions that may wait at one time; past it each fails at once. */
const REQUESTS_MAX = 65_536

interface Request<Answer> {
  readonly frames: readonly Uint8Array[]
  readonly timer: NodeJS.Timeout
  wasSent: boolean
  settle(answer: Answer): void
  reject(error: Error): void
}

export class Requests<Answer> {
  readonly #waiting = new Map<number, Request<Answer>>()
  readonly #send: (frame: Uint8Array) => boolean

  /** `send` answers false while there is no link: the question then waits for `resend`. */
  constructor(send: (frame: Uint8Array) => boolean) {
    this.#send = send
  }

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Asks; resolves with what `settle` is given for `id`.
   * @throws {EspalierError} `timeout` after `withinMs`, `unavailable` when too many wait, or what `fail` was given
   */
  ask(id: number, frames: readonly Uint8Array[], withinMs: number): Promise<Answer> {
    if (this.#waiting.size >= REQUESTS_MAX) {
      return Promise.reject(
        new EspalierError('unavailable', `${REQUESTS_MAX} questions wait for the keeper; ask fewer`),
      )
    }
    return new Promise((settle, reject) => {
      const late = `the keeper has not answered within ${withinMs} ms: it is stopped or hangs; continue it, or end it by its pid`
      const timer = setTimeout(() => this.fail(id, new EspalierError('timeout', late)), withinMs)
      const request = { frames, timer, wasSent: false, settle, reject }
      this.#waiting.set(id, request)
      this.#transmit(request)
    })
  }

  /** True when somebody still waits for this. */
  settle(id: number, answer: Answer): boolean {
    const request = this.#take(id)
    request?.settle(answer)
    return request !== undefined
  }

  fail(id: number, error: Error): void {
    this.#take(id)?.reject(error)
  }

  has(id: number): boolean {
    return this.#waiting.has(id)
  }

  /** Asks again over a new link, in the same order; but what `isLost` says of, if it had left over the old one, fails. */
  resend(isLost: (id: number) => Error | null = () => null): void {
    for (const [id, request] of this.#waiting) {
      const lost = request.wasSent ? isLost(id) : null
      if (lost !== null) this.fail(id, lost)
      else this.#transmit(request)
    }
  }

  failAll(error: () => Error): void {
    for (const id of this.#waiting.keys()) this.fail(id, error())
  }

  #transmit(request: Request<Answer>): void {
    for (const frame of request.frames) request.wasSent = this.#send(frame)
  }

  #take(id: number): Request<Answer> | undefined {
    const request = this.#waiting.get(id)
    this.#waiting.delete(id)
    clearTimeout(request?.timer)
    return request
  }
}
