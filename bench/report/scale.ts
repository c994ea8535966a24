/** From figures to px. */

export interface Scale {
  at(figure: number): number
  /** Where lines are drawn and named. */
  readonly ticks: readonly number[]
}

/** Even steps from 0 to `most`. */
export function linear(most: number, fromPx: number, toPx: number): Scale {
  const step = stepOf(most / 8)
  const end = Math.max(step, Math.ceil(most / step) * step)
  return {
    at: figure => fromPx + (figure / end) * (toPx - fromPx),
    ticks: Array.from({ length: Math.round(end / step) + 1 }, (_, index) => index * step),
  }
}

/** Equal steps for equal ratios, from `least` to `most`; named are the powers of ten between them. */
export function logarithmic(least: number, most: number, fromPx: number, toPx: number): Scale {
  const low = Math.log10(least)
  const high = most > least ? Math.log10(most) : low + 1
  // What arithmetic in floats may take from a power.
  const almost = 1e-9
  const first = Math.ceil(low - almost)
  return {
    at: figure => fromPx + ((Math.log10(Math.max(figure, least)) - low) / (high - low)) * (toPx - fromPx),
    ticks: Array.from({ length: Math.floor(high + almost) - first + 1 }, (_, index) => 10 ** (first + index)),
  }
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)))
  return power * ([1, 2, 5].find(times => times * power >= least) ?? 10)
}
