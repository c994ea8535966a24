/** A histogram with fixed buckets. */

import type { Sample } from './families.js'

export class Histogram {
  private readonly bounds: readonly number[]
  private readonly counts: number[]
  private sum = 0

  /** @param bounds upper ends of the buckets, rising; a last one without end is added */
  constructor(bounds: readonly number[]) {
    this.bounds = [...bounds, Number.POSITIVE_INFINITY]
    this.counts = this.bounds.map(() => 0)
  }

  observe(value: number): void {
    this.counts[this.bounds.findIndex(bound => value <= bound)]++
    this.sum += value
  }

  samples(): readonly Sample[] {
    let count = 0
    const buckets = this.bounds.map((bound, index): Sample => {
      count += this.counts[index]
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound)
      return { labels: { le }, value: count, suffix: '_bucket' }
    })
    return [...buckets, { labels: {}, value: this.sum, suffix: '_sum' }, { labels: {}, value: count, suffix: '_count' }]
  }
}
