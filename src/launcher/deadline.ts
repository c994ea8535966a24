/** A point in time that can only come nearer. */

/** The longest wait that a timer of Node can hold, in ms: 2^31 - 1; longer ones would fire at once. */
const WAIT_MAX_MS = 2 ** 31 - 1

export interface Deadline {
  /** Resolves when it is over or was cancelled. */
  readonly passed: Promise<void>
  isOver(): boolean
  /** Brings it to `waitMs` from now if that is sooner. */
  hasten(waitMs: number): void
  /** Stops its timer and lets everybody go on. */
  cancel(): void
}

/** A deadline `waitMs` from now: 0 is over at once; more than 2^31 - 1 ms is that. */
export function startDeadline(waitMs: number): Deadline {
  let pass: () => void = () => undefined
  const passed = new Promise<void>(settle => {
    pass = settle
  })
  let over = false
  let atMs = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  const finish = () => {
    clearTimeout(timer)
    over = true
    pass()
  }
  const hasten = (wait: number) => {
    const nowMs = performance.now()
    const boundedMs = Math.min(Math.max(wait, 0), WAIT_MAX_MS)
    if (over || nowMs + boundedMs >= atMs) return
    atMs = nowMs + boundedMs
    clearTimeout(timer)
    if (boundedMs === 0) finish()
    else timer = setTimeout(finish, boundedMs)
  }
  hasten(waitMs)
  return { passed, isOver: () => over, hasten, cancel: finish }
}
