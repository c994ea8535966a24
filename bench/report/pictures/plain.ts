/** Any result whose figures are summaries: a bar for each, named by whatever text the figure has. */

import { short } from '../../harness/table.js'
import { type Bar, bars } from '../bars.js'
import { type Kept, number, type Row } from '../kept.js'
import type { Picture } from '../picture.js'

export function plain(kept: Kept): Picture[] {
  const fields = [...new Set(kept.figures.flatMap(row => Object.keys(row).filter(field => isSummary(row[field]))))]
  const ownMedian = kept.figures.some(row => typeof row.median === 'number') ? ['median'] : []
  return [...ownMedian, ...fields].flatMap(field => {
    const each = kept.figures.flatMap((row): Bar[] => {
      const figure = number(row, field)
      return Number.isNaN(figure) ? [] : [{ label: nameOf(row), figure, said: short(figure), tone: 'plain' }]
    })
    if (each.length === 0) return []
    const name = field === 'median' ? kept.case : `${kept.case}-${field}`
    return [{ name, svg: bars(kept.case, field, [{ heading: '', bars: each }], 'linear') }]
  })
}

function nameOf(row: Row): string {
  const words = Object.entries(row).map(([field, value]) => {
    if (typeof value === 'string') return value
    return typeof value === 'number' && !['median', 'spread', 'rounds'].includes(field)
      ? `${short(value)} ${field}`
      : ''
  })
  return words.filter(word => word !== '').join(', ')
}

function isSummary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'median' in value
}
