/** What many rounds say together. */

/** Figures of several rounds of one contestant. */
export interface Summary {
  readonly median: number
  /** Half the distance between the quartiles, as a share of the median: how far to trust it. */
  readonly spread: number
  readonly rounds: number
}

/** @throws {RangeError} without figures */
export function summarize(figures: readonly number[]): Summary {
  if (figures.length === 0) throw new RangeError('no rounds to summarize; run at least one')
  const sorted = [...figures].sort((a, b) => a - b)
  const median = quantile(sorted, 0.5)
  const spread = median === 0 ? 0 : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median
  return { median, spread, rounds: figures.length }
}

/** The figure below which a share of `sorted` lies, between two neighbours where it falls between them. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  return sorted[low] + (sorted[Math.ceil(at)] - sorted[low]) * (at - low)
}
