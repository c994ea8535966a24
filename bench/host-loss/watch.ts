/** When what happened to the calls of a host that dies, in ms of `performance.now()`. */

export class Watch {
  /** The last answer before the death; if there was none, when it was ordered. */
  silentMs = Number.NaN
  /** The supervisor heard of the death. */
  heardMs = Number.NaN
  /** The last of the calls in flight failed; there may be none, if all were answered in the nick of time. */
  failedMs = Number.NaN
  /** The first answer of the successor. */
  answeredMs = Number.NaN
  lost = 0

  get isDead(): boolean {
    return !Number.isNaN(this.heardMs)
  }

  get isAnswered(): boolean {
    return !Number.isNaN(this.answeredMs)
  }

  ordered(): void {
    this.silentMs = performance.now()
  }

  /** The first time counts: every host dies when its supervisor is closed. */
  died(): void {
    if (this.isDead) return
    this.heardMs = this.failedMs = performance.now()
  }

  answered(isSuccessor: boolean): void {
    if (!isSuccessor) this.silentMs = performance.now()
    else if (!this.isAnswered) this.answeredMs = performance.now()
  }

  failed(): void {
    this.lost++
    this.failedMs = performance.now()
  }
}
