/** The types of `parse-prometheus-text-format`, which has none: a reader of Prometheus text that is not ours. */

declare module 'parse-prometheus-text-format' {
  interface Metric {
    readonly labels?: Readonly<Record<string, string>>
    /** In a counter or gauge. */
    readonly value?: string
    /** In a histogram: by the text of `le`. */
    readonly buckets?: Readonly<Record<string, string>>
    readonly sum?: string
    readonly count?: string
  }
  interface ReadFamily {
    readonly name: string
    readonly help: string
    readonly type: 'COUNTER' | 'GAUGE' | 'HISTOGRAM' | 'SUMMARY' | 'UNTYPED'
    readonly metrics: readonly Metric[]
  }
  /** @throws Error at a line that is none of the format */
  function parse(text: string): readonly ReadFamily[]
  export = parse
}
