/** Whose lines are meant by a service, a child, `service:child` or a pid. */

import { type LogPlace, loggedServices } from './folder.js'
import type { LogLine } from './line.js'

export interface Selection {
  /** Services in whose logs to look. */
  readonly services: readonly string[]
  /** Of one of them. Where lines are missing, that is said of all of a service. */
  matches(line: LogLine): boolean
  /** Whether this stands for all that there is, and so for services that are yet to come. */
  readonly isAll: boolean
}

/** What `subject` (undefined: everything) names among the logs of a place. A service comes before a pid, and that before a child. */
export function selectLogs(place: LogPlace, subject: string | undefined): Selection {
  const all = loggedServices(place)
  if (subject === undefined) return { services: all, matches: () => true, isAll: true }
  if (all.includes(subject)) return { services: [subject], matches: () => true, isAll: false }
  const [service, child] = subject.split(':')
  if (child !== undefined) {
    const services = all.filter(name => name === service)
    return { services, matches: ({ label, stream }) => label === subject || stream === 'lost', isAll: false }
  }
  const pid = /^\d+$/.test(subject) ? Number(subject) : null
  const matches = (line: LogLine) => line.pid === pid || line.label === `${line.service}:${subject}`
  return { services: all, matches, isAll: false }
}
