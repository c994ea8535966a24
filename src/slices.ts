/**
 * Work of which much may come at once, a slice in each turn of the event loop: what keepers report, what they are told, what is
 * launched. Twenty services that fork at their limits would else hold the loop for as long as all of it takes together.
 */

/** How long such work, with what follows from it at once, may hold one turn, in ms. The job that passes it is finished. */
const SLICE_MS = 0.5

interface Job {
  readonly run: () => void
  next: Job | null
}

/** First come first served: two at most of each link, and launches that hold a grant. */
let first: Job | null = null
let last: Job | null = null
/** When the slice of this turn is over; null: nothing of it was used. */
let endMs: number | null = null
/** A job was done of which something may follow still, or the next one is due. */
let isBusy = false

/** Does it at once when nobody waits and this turn has time left, else in its turn. */
export function inSlice(run: () => void): void {
  if (!isBusy && hasTime()) {
    isBusy = true
    finish(run)
    return
  }
  const job: Job = { run, next: null }
  if (last === null) first = job
  else last.next = job
  last = job
  if (!isBusy) setImmediate(goOn)
  isBusy = true
}

/** Resolves where `inSlice` would run. */
export function sliceOfTurn(): Promise<void> {
  return new Promise(inSlice)
}

function goOn(): void {
  if (first === null) {
    isBusy = false
    return
  }
  if (!hasTime()) {
    setImmediate(goOn)
    return
  }
  const { run, next } = first
  first = next
  if (next === null) last = null
  finish(run)
}

/** Whatever promises it settles are worked off before the clock is looked at again: a tick comes when no microtask is left. */
function finish(run: () => void): void {
  queueMicrotask(() => process.nextTick(goOn))
  run()
}

function hasTime(): boolean {
  if (endMs === null) {
    endMs = performance.now() + SLICE_MS
    setImmediate(() => {
      endMs = null
    })
  }
  return performance.now() < endMs
}
