/** Quotas as bars: `children [|||    5/12]`. */

import { formatBytes, formatDuration } from '../../protocol/format.js'
import { filled } from '../terminal/cells.js'
import type { Line, Style } from '../terminal/paint.js'
import type { ServiceRow } from './rows.js'

/** From this part of a limit on a bar says that it is near. */
const NEAR = 0.8

/** Fewest cells between the brackets. */
const INSIDE_MIN = 5

export interface Quota {
  readonly label: string
  readonly text: string
  /** Where there is no room for all of it. */
  readonly short?: string
  /** Used part of the limit, 0 and more; null where there is no limit. */
  readonly part: number | null
}

/** The four quotas of a service. */
export function quotasOf({ service, mostChildren }: ServiceRow): readonly Quota[] {
  const { limits, liveDescendants, memoryUsed, rateUsed } = service
  return [
    counted('children', mostChildren, limits.children),
    counted('descendants', liveDescendants, limits.descendants),
    memoryQuota(memoryUsed, limits.totalMemory),
    rateQuota(rateUsed, limits.rate),
  ]
}

/** All of them side by side in at most `columns` cells. */
export function barsLine(quotas: readonly Quota[], columns: number): Line {
  const fixed = quotas.reduce((cells, { label }) => cells + label.length + 3, 0) + quotas.length - 1
  const inside = Math.max(INSIDE_MIN, Math.floor((columns - fixed) / quotas.length))
  return quotas.flatMap((quota, index): Line => [['plain', index === 0 ? '' : ' '], ...bar(quota, inside)])
}

/** Its figures stand in the bar, at the right end. */
function bar({ label, text: whole, short, part }: Quota, inside: number): Line {
  const text = whole.length > inside && short !== undefined ? short : whole
  const figures = filled(text, Math.min(inside, text.length), 'right')
  if (part === null)
    return [
      ['faint', `${label} `],
      ['plain', filled(` ${text}`, inside + 2)],
    ]
  const full = Math.min(inside, Math.ceil(Math.min(1, part) * inside))
  const strokes = '|'.repeat(Math.max(0, Math.min(full, inside - figures.length)))
  return [
    ['faint', `${label} `],
    ['plain', '['],
    [styleOf(part), strokes],
    ['plain', ' '.repeat(inside - figures.length - strokes.length)],
    [part >= NEAR ? styleOf(part) : 'plain', figures],
    ['plain', ']'],
  ]
}

function styleOf(part: number): Style {
  return part >= 1 ? 'over' : part >= NEAR ? 'near' : 'good'
}

function counted(label: string, used: number, limit: number): Quota {
  return { label, text: `${used}/${limit}`, part: partOf(used, limit) }
}

function memoryQuota(used: number, limit: number | null): Quota {
  const text = limit === null ? formatBytes(used) : `${formatBytes(used)}/${formatBytes(limit)}`
  return { label: 'memory', text, part: limit === null ? null : partOf(used, limit) }
}

/** Of the parent that has used most: `3/10/1s`. */
function rateQuota(used: number, rate: ServiceRow['service']['limits']['rate']): Quota {
  if (rate === null) return { label: 'rate', text: 'none', part: null }
  const short = `${used}/${rate.limit}`
  return { label: 'rate', text: `${short}/${formatDuration(rate.windowMs)}`, short, part: partOf(used, rate.limit) }
}

/** Zero allows none, so it is reached. */
function partOf(used: number, limit: number): number {
  return limit === 0 ? 1 : used / limit
}
