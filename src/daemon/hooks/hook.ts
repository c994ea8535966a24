/** One hook: of one service and kind, one run at a time. What happens meanwhile is counted, and told to the next run. */

import type { EspalierEvent } from '../../../protocol/events.js'

/** What one run covers. */
export interface Occasion {
  /** How many events, at least one. */
  readonly count: number
  readonly first: EspalierEvent
  readonly last: EspalierEvent
}

/** Runs it for an occasion, and resolves when it has ended. Must not reject. */
export type RunHook = (occasion: Occasion) => Promise<void>

export class Hook {
  private readonly run: RunHook
  private waiting: Occasion | null = null
  private running: Promise<void> | null = null

  constructor(run: RunHook) {
    this.run = run
  }

  /** Something happened. Returns at once. */
  hear(event: EspalierEvent): void {
    const { waiting } = this
    this.waiting =
      waiting === null ? { count: 1, first: event, last: event } : { ...waiting, count: waiting.count + 1, last: event }
    this.running ??= this.runAll()
  }

  get isBusy(): boolean {
    return this.running !== null
  }

  /** Resolves when nothing runs and nothing waits. */
  async idle(): Promise<void> {
    await this.running
  }

  private async runAll(): Promise<void> {
    // What is heard in the same turn goes with the first run.
    await Promise.resolve()
    for (let next = this.take(); next !== null; next = this.take()) await this.run(next)
    this.running = null
  }

  private take(): Occasion | null {
    const { waiting } = this
    this.waiting = null
    return waiting
  }
}
