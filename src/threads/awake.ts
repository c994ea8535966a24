/**
 * Keeps this thread's event loop turning for a moment after a long frame, while its answer is likely to come.
 *
 * A thread that went to sleep is woken by the other one: that costs the waker up to 60 us, and on a busy machine the kernel puts
 * the woken on the waker's core, in its place (docs/adr/0021). Only frames as long as `LONG` do this, so who asks rarely never
 * pays for it.
 */

/** Integers of a frame of a busy caller: about 80 questions, or 12 whole cycles. */
const LONG = 512
/** How long to stay awake after the last long frame, in ms. */
const AWAKE_MS = 0.15

let untilMs = 0
let isAwake = false

/** To be called with the length of each frame that this thread posts, in integers. */
export function stayAwake(length: number): void {
  if (length < LONG) return
  untilMs = performance.now() + AWAKE_MS
  if (isAwake) return
  isAwake = true
  setImmediate(turn)
}

function turn(): void {
  if (performance.now() < untilMs) setImmediate(turn)
  else isAwake = false
}
