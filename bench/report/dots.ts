/** Dots on a row each: several figures of the same unit, and a line at the one that is right. */

import { linear } from './scale.js'
import { drawing, mark, round, WIDTH, widthOf, words } from './svg.js'

export interface Row {
  readonly label: string
  readonly isOurs: boolean
  /** One figure of each kind; null where there is none. */
  readonly figures: readonly (number | null)[]
}

const ROW = 26
const TOP = 96
const SHAPES = ['circle', 'square', 'triangle'] as const

/** @param kinds what each figure of a row is, at most three */
export function dots(
  title: string,
  subtitle: string,
  kinds: readonly string[],
  right: number,
  rows: readonly Row[],
): string {
  const fromPx = 24 + Math.max(...rows.map(({ label }) => widthOf(label)))
  const most = Math.max(...rows.flatMap(({ figures }) => figures.map(figure => figure ?? 0)))
  const x = linear(most, fromPx, WIDTH - 40)
  const bottom = TOP + rows.length * ROW
  const marks = [
    ...legend(kinds),
    ...x.ticks.flatMap(tick => [
      mark('path', { class: 'rule', d: `M${round(x.at(tick))} ${TOP}V${bottom}` }),
      words(x.at(tick), bottom + 18, String(tick), { class: 'quiet', 'text-anchor': 'middle' }),
    ]),
    mark('path', { d: `M${round(x.at(right))} ${TOP - 6}V${bottom}`, stroke: 'var(--ours)', 'stroke-width': 2 }),
    ...rows.flatMap((row, at) => drawn(row, TOP + at * ROW, fromPx, x.at, right)),
  ]
  return drawing(title, subtitle, bottom + 32, marks)
}

function legend(kinds: readonly string[]): string[] {
  let x = 24
  return kinds.flatMap((kind, at) => {
    const marks = [shape(at, x, 68, 'var(--quiet)'), words(x + 10, 72, kind, { class: 'quiet' })]
    x += 34 + widthOf(kind)
    return marks
  })
}

function drawn(
  { label, isOurs, figures }: Row,
  top: number,
  fromPx: number,
  x: (figure: number) => number,
  right: number,
): string[] {
  const middle = top + ROW / 2
  const largest = Math.max(...figures.map(figure => figure ?? 0))
  return [
    words(fromPx - 8, middle + 4, label, { 'text-anchor': 'end', class: isOurs ? 'strong' : undefined }),
    ...figures.map((figure, at) =>
      figure === null
        ? ''
        : shape(at, x(figure), middle + (at - 1) * 6, figure > right ? 'var(--wrong)' : 'var(--ours)'),
    ),
    words(x(largest) + 12, middle + 4, String(largest), { class: largest > right ? undefined : 'strong' }),
  ]
}

function shape(kind: number, x: number, y: number, fill: string): string {
  switch (SHAPES[kind % SHAPES.length]) {
    case 'circle':
      return mark('circle', { cx: x, cy: y, r: 3.6, fill })
    case 'square':
      return mark('rect', { x: x - 3.2, y: y - 3.2, width: 6.4, height: 6.4, fill })
    case 'triangle':
      return mark('path', { d: `M${round(x)} ${round(y - 4)}l4 7h-8z`, fill })
  }
}
