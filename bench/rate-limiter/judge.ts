/**
 * What is right, counted anew from history: of `limit` in any window, an admission at t counts until t + window. Times are
 * in ms and ascend.
 */

/** Most admissions in any window of this length. */
export function worstWindow(admittedMs: readonly number[], windowMs: number): number {
  let most = 0
  let first = 0
  for (const [last, atMs] of admittedMs.entries()) {
    while (admittedMs[first] <= atMs - windowMs) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

/** How long after `nowMs` one more admission would be right, if nobody else is admitted; 0 is at once. */
export function waitOf(admittedMs: readonly number[], nowMs: number, limit: number, windowMs: number): number {
  if (admittedMs.length < limit) return 0
  return Math.max(0, admittedMs[admittedMs.length - limit] + windowMs - nowMs)
}

/** One question and what became of it. */
export interface Ask {
  readonly atMs: number
  /** NaN when it was refused, or still waits at the end. */
  admittedMs: number
  /** After a refusal: ms that it says to wait, Infinity when it says nothing; 0 when admitted. */
  waitMs: number
}

export interface Judgement {
  readonly asked: number
  readonly admitted: number
  readonly worstWindow: number
  /** Refused though an admission would have been right, given what it had admitted before. */
  readonly falselyRefused: number
  /** Largest distance in ms between the wait it says and the right one; null when it never says one. */
  readonly waitErrorMs: number | null
  /** Longest that a queue kept a caller beyond what was right, in ms. */
  readonly needlessMs: number
}

/** Judges the asks of one key, in the order asked. */
export function judge(asks: readonly Ask[], limit: number, windowMs: number): Judgement {
  const admittedMs: number[] = []
  let falselyRefused = 0
  let waitErrorMs: number | null = null
  let needlessMs = 0
  for (const ask of asks) {
    const rightMs = waitOf(admittedMs, ask.atMs, limit, windowMs)
    if (!Number.isNaN(ask.admittedMs)) {
      needlessMs = Math.max(needlessMs, ask.admittedMs - ask.atMs - rightMs)
      admittedMs.push(ask.admittedMs)
    } else if (ask.waitMs > 0) {
      if (rightMs === 0) falselyRefused++
      if (Number.isFinite(ask.waitMs)) waitErrorMs = Math.max(waitErrorMs ?? 0, Math.abs(ask.waitMs - rightMs))
    }
  }
  admittedMs.sort((a, b) => a - b)
  const worst = worstWindow(admittedMs, windowMs)
  return {
    asked: asks.length,
    admitted: admittedMs.length,
    worstWindow: worst,
    falselyRefused,
    waitErrorMs,
    needlessMs,
  }
}

/** Longest time without an admission between `fromMs` and `toMs`. */
export function longestSilence(admittedMs: readonly number[], fromMs: number, toMs: number): number {
  let longest = 0
  let lastMs = fromMs
  for (const atMs of [...admittedMs.filter(at => at >= fromMs && at <= toMs), toMs]) {
    longest = Math.max(longest, atMs - lastMs)
    lastMs = atMs
  }
  return longest
}
