/** Decisions a second of the awaited question alone. */

import { short } from '../../harness/table.js'
import { bars, type Group } from '../bars.js'
import { type Kept, number, type Row, text } from '../kept.js'
import type { Picture } from '../picture.js'

const OURS = new Set(['1 host', '2 hosts', 'authorizeMany', 'inline'])

export function authorize(kept: Kept): Picture[] {
  const whats = [...new Set(kept.figures.map(row => text(row, 'what')))]
  return whats.map(what => {
    const rows = kept.figures.filter(row => text(row, 'what') === what)
    const callers = [...new Set(rows.map(row => number(row, 'callers')))]
    const groups = callers.map(many =>
      groupOf(
        many,
        rows.filter(row => number(row, 'callers') === many),
      ),
    )
    const title = what === 'grant' ? 'May it spawn? Yes' : 'May it spawn? No, and when it may'
    const subtitle = 'awaited decisions a second, and how long one takes (p50, p99, p99.9); logarithmic scale'
    return { name: what === 'grant' ? 'authorize' : `authorize-${what}`, svg: bars(title, subtitle, groups, 'log') }
  })
}

function groupOf(callers: number, rows: readonly Row[]): Group {
  const sorted = [...rows].sort((a, b) => number(b, 'decisionsPerSecond') - number(a, 'decisionsPerSecond'))
  return {
    heading: `${callers} caller${callers === 1 ? '' : 's'}`,
    bars: sorted.map(row => {
      const figure = number(row, 'decisionsPerSecond')
      const took = ['p50Us', 'p99Us', 'p999Us'].map(field => time(number(row, field))).join(', ')
      const way = text(row, 'way')
      const isOurs = OURS.has(way)
      const label = isOurs ? `espalier, ${way}` : way
      return { label, figure, said: `${short(figure)}  (${took})`, tone: isOurs ? 'ours' : 'plain' }
    }),
  }
}

function time(us: number): string {
  return us >= 1000 ? `${short(us / 1000)} ms` : `${short(us)} us`
}
