/** The logs of several services as one, in the order of time. */

import type { LogLine } from './line.js'
import type { LogTail } from './tail.js'

/** All lines that are there now; those that have no end yet come last of each service. */
export function* readTogether(tails: readonly LogTail[]): Generator<LogLine> {
  const queues = tails.map(tail => ({ tail, lines: [] as readonly LogLine[], at: 0, isOver: false }))
  for (;;) {
    let earliest: (typeof queues)[number] | null = null
    for (const queue of queues) {
      if (queue.at === queue.lines.length && !queue.isOver) {
        queue.lines = queue.tail.next()
        queue.isOver = queue.lines.length === 0
        if (queue.isOver) queue.lines = queue.tail.flush()
        queue.at = 0
      }
      if (queue.at === queue.lines.length) continue
      if (earliest === null || queue.lines[queue.at].time < earliest.lines[earliest.at].time) earliest = queue
    }
    if (earliest === null) return
    yield earliest.lines[earliest.at]
    earliest.at++
  }
}
