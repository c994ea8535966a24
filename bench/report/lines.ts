/** Lines over a growing population, both ways in powers of ten. */

import { short } from '../harness/table.js'
import { logarithmic } from './scale.js'
import { drawing, mark, round, WIDTH, widthOf, words } from './svg.js'

export interface Line {
  readonly label: string
  /** The one that matters, another of ours, or somebody else's. */
  readonly whose: 'ours' | 'own' | 'other'
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

const HEIGHT = 420
const TOP = 70
const BOTTOM = HEIGHT - 46
const LEFT = 64
const LABEL = 15
const ROOM = 1.4
/** Colours of `svg.ts`: the first for the line that matters, then those of our other ways, then everybody else's. */
const OWN = ['c1', 'c2']
const OTHERS = ['c3', 'c4', 'c5', 'c6', 'c7']

export function lines(title: string, subtitle: string, xName: string, all: readonly Line[]): string {
  const right = WIDTH - 24 - Math.max(...all.map(({ label }) => widthOf(label)))
  const points = all.flatMap(line => line.points)
  const x = logarithmic(Math.min(...points.map(p => p.x)), Math.max(...points.map(p => p.x)), LEFT, right)
  // Room below and above, and a power of ten within, or nobody could read a height.
  const least = Math.min(...points.map(p => p.y)) / ROOM
  const most = Math.max(...points.map(p => p.y)) * ROOM
  const y = logarithmic(least, most, BOTTOM, TOP)
  const ends = apart(all.map(line => y.at(line.points.at(-1)?.y ?? 0)))
  const marks = [
    ...y.ticks.flatMap(tick => [
      mark('path', { class: 'rule', d: `M${LEFT} ${round(y.at(tick))}H${round(right)}` }),
      words(LEFT - 8, y.at(tick) + 4, power(tick), { class: 'quiet', 'text-anchor': 'end' }),
    ]),
    ...x.ticks.map(tick => words(x.at(tick), BOTTOM + 20, power(tick), { class: 'quiet', 'text-anchor': 'middle' })),
    words((LEFT + right) / 2, BOTTOM + 38, xName, { class: 'quiet', 'text-anchor': 'middle' }),
    ...all.flatMap((line, at) => drawn(line, strokeOf(line, all), x.at, y.at, right, ends[at])),
  ]
  return drawing(title, subtitle, HEIGHT, marks)
}

function drawn(
  { label, whose, points }: Line,
  { colour, dashes }: Stroke,
  x: (figure: number) => number,
  y: (figure: number) => number,
  right: number,
  labelPx: number,
): string[] {
  const isOurs = whose === 'ours'
  const path = points.map((p, at) => `${at === 0 ? 'M' : 'L'}${round(x(p.x))} ${round(y(p.y))}`).join('')
  const last = points.at(-1)
  const leader =
    last === undefined ? '' : `M${round(x(last.x) + 5)} ${round(y(last.y))}L${round(right + 6)} ${round(labelPx)}`
  return [
    mark('path', { class: 'rule', d: leader }),
    mark('path', {
      d: path,
      fill: 'none',
      stroke: colour,
      'stroke-width': isOurs ? 3 : 1.8,
      'stroke-dasharray': dashes,
    }),
    ...points.map(p => mark('circle', { cx: x(p.x), cy: y(p.y), r: isOurs ? 4 : 3, fill: colour })),
    words(right + 10, labelPx + 4, label, { class: isOurs ? 'strong' : undefined, style: `fill: ${colour}` }),
  ]
}

interface Stroke {
  readonly colour: string
  readonly dashes: string | undefined
}

/** A colour of its kind in turn; dashes when they begin anew. */
function strokeOf(line: Line, all: readonly Line[]): Stroke {
  if (line.whose === 'ours') return { colour: 'var(--c0)', dashes: undefined }
  const colours = line.whose === 'own' ? OWN : OTHERS
  const place = all.filter(({ whose }) => whose === line.whose).indexOf(line)
  return { colour: `var(--${colours[place % colours.length]})`, dashes: place < colours.length ? undefined : '5 4' }
}

/** The same heights, moved as little as keeps their labels from lying on each other. */
function apart(heights: readonly number[]): number[] {
  const order = heights.map((_, at) => at).sort((a, b) => heights[a] - heights[b])
  const moved = [...heights]
  for (const [place, at] of order.entries()) {
    if (place > 0) moved[at] = Math.max(moved[at], moved[order[place - 1]] + LABEL)
  }
  const over = Math.max(0, (moved[order.at(-1) ?? 0] ?? 0) - BOTTOM)
  return moved.map(px => px - over)
}

function power(figure: number): string {
  return figure >= 1000 ? short(figure).replace(/\.0+(?=\D)/, '') : String(figure)
}
