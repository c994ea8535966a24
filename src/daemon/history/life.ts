/** The life of one process: who it was, below whom it came, what ordered its end, how it ended. */

import type { Exit } from '../../../protocol/children.js'
import type { Ancestor, Cause, EndOrder, EndReport } from '../../../protocol/wire/past.js'
import { labelOf, type ManagedProcess } from '../process.js'

/** Longest command line that is kept, in characters. */
export const COMMAND_LENGTH_MAX = 256

/** Longest walk up: the deepest tree there can be, and one more. */
const WALK_MAX = 65

/** A life that has ended. */
export type EndedLife = Life & { exit: Exit }

/** What is kept of a process. */
export type LifeProcess = Omit<ManagedProcess, 'exited'>

export interface Life {
  /** Its own among all lives of its service that are remembered. */
  readonly number: number
  /** Once it has ended: as it was then. */
  process: LifeProcess
  /** Null for a root, and where the parent is not known. */
  parent: Life | null
  order: EndOrder | null
  exit: Exit | null
  peakRssBytes: number | null
  peakCpuPercent: number | null
  /** CPU time in all, in ms, and whether it left a core: as the kernel told its keeper. Null where nobody was told. */
  cpuMs: number | null
  coreDumped: boolean | null
}

/** A life that begins. What the daemon changes in its process meanwhile is seen here too. */
export function lifeOf(process: ManagedProcess, parent: Life | null, number: number): Life {
  const figures = { peakRssBytes: null, peakCpuPercent: null, cpuMs: null, coreDumped: null }
  return { number, process, parent, order: null, exit: null, ...figures }
}

/** Ends a life. A command line may be as long as a request: only its beginning is kept, as a text of its own. */
export function endLife(life: Life, exit: Exit): EndedLife {
  const { exited: _, usage: __, ...process } = life.process as ManagedProcess
  const command = Buffer.from(process.command.slice(0, COMMAND_LENGTH_MAX)).toString()
  return Object.assign(life, { process: { ...process, command }, exit })
}

/** From the root down to the life itself. */
export function chainOf(life: Life): readonly Ancestor[] {
  return [life, ...above(life)].reverse().map(({ process: { pid, name } }) => ({ pid, name }))
}

/** Whose end brought this one about, the nearest first: up from one that had to go with its parent, to one that had not. */
export function causesOf(life: Life): readonly Cause[] {
  const causes: Cause[] = []
  let at = life
  for (const one of above(life)) {
    if (!wentAlong(at)) break
    const { process, exit, order } = one
    causes.push({ pid: process.pid, name: process.name, exit, order })
    at = one
  }
  return causes
}

/** An ended life as it is told. */
export function reportEnd({
  process,
  exit,
  order,
  peakRssBytes,
  peakCpuPercent,
  cpuMs,
  coreDumped,
}: EndedLife): EndReport {
  const { service, name, pid, startTicks, parentPid, depth, command, startedAt, ttlMs } = process
  const who = { service, name, pid, startTicks, parentPid, depth, command, startedAt, ttlMs }
  return { ...who, exit, order, peakRssBytes, peakCpuPercent, cpuMs, coreDumped }
}

/** True when the subject is its pid, its service, its name, or `service:name`. */
export function isAbout(life: Life, subject: string): boolean {
  const { pid, service, name } = life.process
  return [String(pid), service, name, labelOf(life.process)].includes(subject)
}

function above(life: Life): readonly Life[] {
  const found: Life[] = []
  for (let at = life.parent; at !== null && found.length < WALK_MAX; at = at.parent) found.push(at)
  return found
}

/** A time to live, or an order to stop, given to a whole tree begins at its top. */
function wentAlong({ exit, order, parent }: Life): boolean {
  const reason = exit?.reason ?? order?.reason
  if (reason === 'cascade') return true
  return reason === 'ttl' && parent?.order?.reason === 'ttl'
}
