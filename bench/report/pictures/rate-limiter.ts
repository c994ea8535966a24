/** How many everybody admits in a second at ten a second, and what it costs. */

import { short } from '../../harness/table.js'
import { LIMIT } from '../../rate-limiter/limiter.js'
import { type Bar, bars } from '../bars.js'
import { dots } from '../dots.js'
import { below, type Kept, number, type Row, text } from '../kept.js'
import type { Picture } from '../picture.js'

const KINDS = ['worst of all traces and a search', '50 ms between asking and recording', 'wall clock set by an hour']
const SLOWEST_MS = '50'

export function rateLimiter(kept: Kept): Picture[] {
  const rows = kept.figures
  const title = 'Ten a second, says the limit'
  const subtitle = 'most admitted in any window of one second; 10 is right'
  const worst = dots(title, subtitle, KINDS, LIMIT, rows.map(rowOf))
  return [
    { name: 'worst-window', svg: worst },
    costs(
      'limiter-ns',
      'What a grant costs',
      'ns, each key in turn, lower is better; logarithmic scale',
      'grantNs',
      rows,
    ),
    costs(
      'limiter-bytes',
      'What a key weighs',
      'bytes a key that asked ten times, lower is better; logarithmic scale',
      'bytesAKey',
      rows,
    ),
  ]
}

function rowOf(row: Row) {
  const traces = Object.values(below(row, 'traces')) as Row[]
  const searched = Math.max(
    number(below(row, 'found'), 'worstWindow'),
    ...traces.map(each => number(each, 'worstWindow')),
  )
  const stepped = Math.max(...['forward', 'back'].map(step => number(below(row, step), 'worstWindow')))
  return {
    label: text(row, 'limiter'),
    isOurs: text(row, 'origin') === 'espalier',
    figures: [searched, number(below(row, 'latency'), SLOWEST_MS), stepped],
  }
}

function costs(name: string, title: string, subtitle: string, field: string, rows: readonly Row[]): Picture {
  const each = rows.map((row): Bar => {
    const figure = number(row, field)
    const origin = text(row, 'origin')
    const tone = origin === 'espalier' ? 'ours' : origin === 'package' ? 'plain' : 'pale'
    return { label: text(row, 'limiter'), figure, said: short(figure), tone }
  })
  const sorted = each.sort((a, b) => a.figure - b.figure)
  return { name, svg: bars(title, subtitle, [{ heading: '', bars: sorted }], 'log') }
}
