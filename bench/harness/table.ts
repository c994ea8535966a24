/** Tables for people: a head, rows, figures to the right. */

/** The lines of a table; the first column is text, the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map(row => (row[at] ?? '').length)))
  const line = (cells: readonly string[]) =>
    head
      .map((_, at) => (at === 0 ? (cells[at] ?? '').padEnd(widths[at]) : (cells[at] ?? '').padStart(widths[at])))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map(width => '-'.repeat(width)).join('  '), ...rows.map(line)]
}

/** 1234567 as `1.23M`, 12345 as `12.3k`. */
export function short(figure: number): string {
  if (!Number.isFinite(figure)) return '-'
  if (figure >= 1e6) return `${(figure / 1e6).toPrecision(3)}M`
  if (figure >= 1e3) return `${(figure / 1e3).toPrecision(3)}k`
  return figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3)
}

/** How many times `figure` is `base`. */
export function times(figure: number, base: number): string {
  const ratio = figure / base
  return Number.isFinite(ratio) ? `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} x` : '-'
}

/** 0.123 as `12 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}
