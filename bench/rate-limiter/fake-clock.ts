/**
 * A clock in place of the process's own: `Date.now`, `performance.now`, and the timers. Libraries that read the time
 * themselves are driven by it, in a process of their own. Time stands still until it is moved.
 */

interface Timer {
  dueMs: number
  readonly order: number
  readonly everyMs: number | null
  readonly run: () => void
}

const turn = setImmediate

/** Resolves when every promise that can settle without time has settled. */
export function settled(): Promise<void> {
  return new Promise(resolve => turn(resolve))
}

export class FakeClock {
  /** Never steps. */
  monotonicMs = 0
  private wallAheadMs = Date.UTC(2026, 0, 1)
  private readonly timers = new Set<Timer>()
  private order = 0

  /** Wall clock, Unix ms. */
  get wallMs(): number {
    return this.monotonicMs + this.wallAheadMs
  }

  /** Takes the place of the process's clock; of its timers too unless only reading is wanted. */
  install(what: 'reading' | 'timers'): void {
    Date.now = () => this.wallMs
    performance.now = () => this.monotonicMs
    if (what === 'reading') return
    const set = (run: (...args: unknown[]) => void, ms: number | undefined, isInterval: boolean, args: unknown[]) =>
      new Handle(this.add(() => run(...args), ms ?? 1, isInterval))
    const clear = (handle: unknown) => {
      if (handle instanceof Handle) this.timers.delete(handle.timer)
    }
    const replaced = {
      setTimeout: (run: () => void, ms?: number, ...args: unknown[]) => set(run, ms, false, args),
      setInterval: (run: () => void, ms?: number, ...args: unknown[]) => set(run, ms, true, args),
      clearTimeout: clear,
      clearInterval: clear,
    }
    Object.assign(globalThis, replaced)
  }

  /** Calls after so many ms, at once when none. */
  after(ms: number, run: () => void): void {
    if (ms === 0) run()
    else this.add(run, ms, false)
  }

  /** Sets the wall clock forward or back, as an administrator does. */
  step(byMs: number): void {
    this.wallAheadMs += byMs
  }

  /** Lets the time come at which something is due, one after the other, until `toMs` on the monotonic clock. */
  async advanceTo(toMs: number): Promise<void> {
    for (let next = this.next(toMs); next !== null; next = this.next(toMs)) {
      this.monotonicMs = Math.max(this.monotonicMs, next.dueMs)
      if (next.everyMs === null) this.timers.delete(next)
      else next.dueMs += next.everyMs
      next.run()
      await settled()
    }
    this.monotonicMs = toMs
  }

  /** Drops what still waits. */
  forgetTimers(): void {
    this.timers.clear()
  }

  private add(run: () => void, ms: number, isInterval: boolean): Timer {
    // As Node does: whole ms, at least one.
    const delayMs = Math.max(1, Math.trunc(ms))
    const timer = { dueMs: this.monotonicMs + delayMs, order: this.order++, everyMs: isInterval ? delayMs : null, run }
    this.timers.add(timer)
    return timer
  }

  private next(untilMs: number): Timer | null {
    let first: Timer | null = null
    for (const timer of this.timers) {
      if (timer.dueMs > untilMs) continue
      if (first === null || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) {
        first = timer
      }
    }
    return first
  }
}

/** What `setTimeout` gives in Node, as far as libraries use it. */
class Handle {
  readonly timer: Timer

  constructor(timer: Timer) {
    this.timer = timer
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }
}
