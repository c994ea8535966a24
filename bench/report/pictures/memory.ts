/** Bytes a child, by how many there are. */

import { short } from '../../harness/table.js'
import { bars } from '../bars.js'
import { type Kept, number } from '../kept.js'
import type { Picture } from '../picture.js'

const LABELS = { full: 'full', empty: 'after all are gone', again: 'filled again' } as const

export function memory(kept: Kept): Picture[] {
  const groups = kept.figures.map(row => ({
    heading: `${short(number(row, 'population'))} children`,
    bars: Object.entries(LABELS).map(([field, label]) => {
      const figure = number(row, field)
      return { label, figure, said: figure.toFixed(0), tone: field === 'empty' ? ('pale' as const) : ('ours' as const) }
    }),
  }))
  const subtitle = 'resident bytes a child beyond its strings'
  return [{ name: 'memory', svg: bars('What a child weighs', subtitle, groups, 'linear') }]
}
