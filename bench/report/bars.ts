/** Bars to the right, one a row: who is how fast, or how big. */

import { linear, logarithmic } from './scale.js'
import { drawing, mark, WIDTH, widthOf, words } from './svg.js'

export interface Bar {
  readonly label: string
  readonly figure: number
  /** What stands behind the bar. */
  readonly said: string
  readonly tone: 'ours' | 'plain' | 'pale'
}

/** Rows under a heading of their own; an empty one draws none. */
export interface Group {
  readonly heading: string
  readonly bars: readonly Bar[]
}

const ROW = 22
const TOP = 62

export function bars(title: string, subtitle: string, groups: readonly Group[], scale: 'linear' | 'log'): string {
  const all = groups.flatMap(group => group.bars)
  const fromPx = 24 + Math.max(...all.map(({ label }) => widthOf(label)))
  const toPx = WIDTH - 24 - Math.max(...all.map(({ said }) => widthOf(said)))
  const figures = all.map(({ figure }) => figure).filter(figure => figure > 0)
  const most = Math.max(...figures)
  // A bar of the smallest still has a length.
  const x =
    scale === 'log'
      ? logarithmic(10 ** Math.floor(Math.log10(Math.min(...figures) / 2)), most, fromPx, toPx)
      : linear(most, fromPx, toPx)
  const marks: string[] = []
  let y = TOP
  for (const { heading, bars } of groups) {
    if (heading !== '') {
      marks.push(words(16, y + 14, heading, { class: 'strong' }))
      y += ROW
    }
    for (const bar of bars) {
      marks.push(...barAt(bar, y, fromPx, x.at(Math.max(bar.figure, 0))))
      y += ROW
    }
    y += 8
  }
  return drawing(title, subtitle, y + 8, marks)
}

function barAt({ label, figure, said, tone }: Bar, y: number, fromPx: number, toPx: number): string[] {
  const isOurs = tone === 'ours' ? 'strong' : undefined
  const length = figure > 0 ? Math.max(2, toPx - fromPx) : 0
  return [
    words(fromPx - 8, y + 15, label, { 'text-anchor': 'end', class: isOurs }),
    mark('rect', { x: fromPx, y: y + 4, width: length, height: ROW - 7, rx: 2, fill: `var(--${tone})` }),
    words(fromPx + length + 7, y + 15, said, { class: isOurs ?? 'quiet' }),
  ]
}
