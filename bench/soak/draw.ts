/** What a round draws: numbers that a seed gives, the same each time. */

export interface Draw {
  /** A whole number from 0 to `most`, both included. */
  upTo(most: number): number
  /** One of these. */
  oneOf<T>(choices: readonly T[]): T
}

/** Numbers from a seed: mulberry32, whose period of 2^32 is more than a round draws. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const upTo = (most: number) => next() % (most + 1)
  return { upTo, oneOf: choices => choices[upTo(choices.length - 1)] }
}
