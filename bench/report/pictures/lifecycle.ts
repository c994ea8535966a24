/** Cycles a second over the children that live. */

import { short } from '../../harness/table.js'
import { bars } from '../bars.js'
import { type Kept, number, type Row, text } from '../kept.js'
import { type Line, lines } from '../lines.js'
import type { Picture } from '../picture.js'

const OURS = '1 host'
const CALLERS = 1024
const OWN = /^(\d hosts?|inline|tree)\b/
/** Beginnings of ways that readers know by another name. */
const NAMES: Readonly<Record<string, string>> = {
  '1 host': 'espalier',
  '2 hosts': 'espalier, 2 hosts',
  inline: 'espalier, inline',
  tree: 'its tree alone',
  seed: 'reference',
  fixed: 'reference, repaired',
}

export function lifecycle(kept: Kept): Picture[] {
  const rows = kept.figures.filter(row => number(row, 'callers') === CALLERS)
  const exits = [...new Set(rows.map(row => text(row, 'exit')))]
  return exits.flatMap(exit =>
    pictureOf(
      exit,
      rows.filter(row => text(row, 'exit') === exit),
    ),
  )
}

function pictureOf(exit: string, rows: readonly Row[]): Picture[] {
  const title = `A whole cycle: authorize, record, exit, remove (${exit} exit)`
  const populations = [...new Set(rows.map(row => number(row, 'population')))].sort((a, b) => a - b)
  const name = exit === 'oldest' ? 'lifecycle' : `lifecycle-${exit}`
  if (populations.length > 1) {
    const subtitle = `cycles a second of ${CALLERS} callers, while so many children live; medians`
    return [{ name, svg: lines(title, subtitle, 'living children', linesOf(rows, populations)) }]
  }
  const subtitle = `cycles a second of ${CALLERS} callers, while ${short(populations[0])} children live; medians`
  const ours = number(rows.find(row => text(row, 'way') === OURS) ?? {}, 'median')
  const each = rows.map(row => {
    const figure = number(row, 'median')
    const way = text(row, 'way')
    const said = way === OURS ? short(figure) : `${short(figure)} (we are ${short(ours / figure)} x)`
    return { label: nameOf(way), figure, said, tone: way.startsWith(OURS) ? ('ours' as const) : ('plain' as const) }
  })
  return [{ name, svg: bars(title, subtitle, [{ heading: '', bars: each }], 'linear') }]
}

/** Ways that were measured at one population only make no line. */
function linesOf(rows: readonly Row[], populations: readonly number[]): Line[] {
  const ways = [...new Set(rows.map(row => text(row, 'way')))]
  const all = ways.map(way => {
    const points = populations.flatMap(x => {
      const row = rows.find(each => text(each, 'way') === way && number(each, 'population') === x)
      return row === undefined ? [] : [{ x, y: number(row, 'median') }]
    })
    return { label: nameOf(way), whose: whoseIs(way), points }
  })
  return all.filter(({ points }) => points.length > 1)
}

function whoseIs(way: string): Line['whose'] {
  if (way === OURS) return 'ours'
  return OWN.test(way) ? 'own' : 'other'
}

function nameOf(way: string): string {
  const [first, ...rest] = way.split(', ')
  return [NAMES[first] ?? first, ...rest].join(', ')
}
