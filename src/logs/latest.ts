/** The latest lines of a log, read once. */

import { type LogPlace, logFolder } from './folder.js'
import type { LogLine } from './line.js'
import { readTogether } from './merge.js'
import { selectLogs } from './select.js'
import { LogTail } from './tail.js'

/** At most `most` lines of what `subject` names, oldest first; none where nothing is known of it. Reads the whole log. */
export function latestLines(place: LogPlace, subject: string, most: number): readonly LogLine[] {
  const selection = selectLogs(place, subject)
  const tails = selection.services.map(name => new LogTail(name, logFolder(place, name), 'oldest'))
  let kept: LogLine[] = []
  for (const line of readTogether(tails)) {
    if (!selection.matches(line)) continue
    kept.push(line)
    if (kept.length > 2 * most) kept = kept.slice(-most)
  }
  return kept.slice(-most)
}
