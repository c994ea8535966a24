/** How long a quiet service waits, alone and beside a storm. */

import { short } from '../../harness/table.js'
import { type Bar, bars } from '../bars.js'
import { type Kept, number, text } from '../kept.js'
import type { Picture } from '../picture.js'

export function fairness(kept: Kept): Picture[] {
  const storms = kept.figures.filter(row => text(row, 'measure') === 'storm')
  const groups = storms.map(row => {
    const way = text(row, 'way')
    const isOurs = way.includes('host')
    const bar = (label: string, field: string, tone: Bar['tone']): Bar => {
      const figure = number(row, field)
      return { label, figure, said: `${short(figure)} us`, tone }
    }
    const tone = isOurs ? 'ours' : 'plain'
    return {
      heading: isOurs ? `espalier, ${way}` : way,
      bars: [
        bar('alone, p50', 'aloneP50Us', 'pale'),
        bar('alone, p99', 'aloneP99Us', 'pale'),
        bar('in the storm, p50', 'stormP50Us', tone),
        bar('in the storm, p99', 'stormP99Us', tone),
      ],
    }
  })
  if (groups.length === 0) return []
  const title = 'A quiet service beside a storm'
  const subtitle = `until its answer comes, while ${number(storms[0], 'stormers')} callers of another service never pause; logarithmic scale`
  return [{ name: 'storm', svg: bars(title, subtitle, groups, 'log') }]
}
