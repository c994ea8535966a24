/**
 * Recorded requests asked again, of the same actors, under other limits and a clock of their own: what would have been
 * granted and refused. Nobody runs: a process that was recorded then is recorded again where its request is granted.
 */

import type { EspalierEvent } from '../../protocol/events.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { RefusalCode } from '../../protocol/refusals.js'
import type { ChronicleEntry } from '../../protocol/wire/chronicle.js'
import type { Supervisor } from '../api.js'
import { createInlineSupervisor, type ManualClock, manualClock } from '../testing.js'

/** What became of the requests of one service. */
export interface ServicePlan {
  readonly service: string
  /** As it was recorded. */
  readonly granted: number
  readonly refused: number
  /** Granted when asked again. */
  readonly grantedNow: number
  /** Granted then, refused now, by rule; and the first of them. */
  readonly newlyRefused: ReadonlyMap<RefusalCode, number>
  readonly firstRefused: Change | null
  /** Refused then by this rule, granted now; and the first of them. */
  readonly newlyGranted: ReadonlyMap<RefusalCode, number>
  readonly firstGranted: Change | null
  /** Not asked at all now: they came from processes that would not have run. */
  readonly unasked: number
  /** Most children that lived at once, then and now. */
  readonly peakThen: number
  readonly peakNow: number
}

/** One request that another answer was given to. */
export interface Change {
  /** Unix ms. */
  readonly at: number
  readonly childName: string
  readonly parentPid: number
  readonly message: string
}

interface Course {
  granted: number
  refused: number
  grantedNow: number
  readonly newlyRefused: Map<RefusalCode, number>
  firstRefused: Change | null
  readonly newlyGranted: Map<RefusalCode, number>
  firstGranted: Change | null
  unasked: number
  peakThen: number
  peakNow: number
  readonly livingThen: Set<number>
  readonly livingNow: Set<number>
}

/** Half a ms behind the stamp of an event: what is rounded down gives that stamp, what is rounded up the next, as when it was decided. */
const WITHIN_STAMP_MS = 0.5

/**
 * Replays `entries`, in the order of their places, against the limits of each service in `limits`; others are left out.
 * A process of before the recording that asks is taken for a root.
 * @throws {EspalierError} `invalid_input` for limits that are none
 */
export async function replay(
  entries: readonly ChronicleEntry[],
  limits: ReadonlyMap<string, LimitsInput>,
): Promise<readonly ServicePlan[]> {
  const clock = manualClock()
  const supervisor = createInlineSupervisor({ clock })
  try {
    const courses = new Map<string, Course>()
    for (const [service, input] of limits) {
      await supervisor.registerService(service, input)
      courses.set(service, newCourse())
    }
    const time = new Timeline(clock)
    const player = new Player(supervisor, courses)
    for (const entry of entries) {
      await time.reach(entry)
      await player.play(entry)
    }
    return [...courses].map(([service, { livingThen: _, livingNow: __, ...course }]) => ({ service, ...course }))
  } finally {
    await supervisor.close()
  }
}

/** The clock of the replay: it keeps the distances of the supervisor's clock, and between two daemons those of the wall. */
class Timeline {
  private readonly clock: ManualClock
  private base: number | null = null
  private lastAtMs = 0
  private lastWallMs = 0

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  async reach({ at, event: { atMs } }: ChronicleEntry): Promise<void> {
    const { nowMs } = this.clock
    if (this.base === null) this.base = WITHIN_STAMP_MS - atMs
    else if (atMs < this.lastAtMs) this.base = nowMs + Math.max(0, at - this.lastWallMs) - atMs
    this.lastAtMs = atMs
    this.lastWallMs = at
    await this.clock.advance(Math.max(0, this.base + atMs - nowMs))
  }
}

class Player {
  private readonly supervisor: Supervisor
  private readonly courses: ReadonlyMap<string, Course>
  /** New tickets by the recorded ones; null: refused now. */
  private readonly tickets = new Map<number, number | null>()
  /** Processes that would not have run. */
  private readonly absent = new Set<number>()
  private readonly known = new Set<number>()

  constructor(supervisor: Supervisor, courses: ReadonlyMap<string, Course>) {
    this.supervisor = supervisor
    this.courses = courses
  }

  async play({ at, event }: ChronicleEntry): Promise<void> {
    const course = this.courses.get(event.service)
    if (course === undefined) return
    switch (event.kind) {
      case 'root_registered':
        return this.root(event.service, event.pid)
      case 'spawn_granted':
        course.granted++
        return this.ask(course, at, event)
      case 'spawn_refused':
        course.refused++
        return this.ask(course, at, event)
      case 'child_recorded':
        return this.record(course, event)
      case 'child_exited':
        return this.exit(course, event.child.pid, event.child.lastExit?.exitCode ?? null)
      case 'root_exited':
        return this.exit(course, event.pid, event.exit.exitCode)
      case 'ticket_released':
      case 'ticket_expired':
        return this.release(event.ticket)
    }
  }

  private async root(service: string, pid: number): Promise<void> {
    this.absent.delete(pid)
    this.known.add(pid)
    await this.supervisor.registerServicePid(service, pid)
  }

  private async ask(
    course: Course,
    at: number,
    event: Extract<EspalierEvent, { readonly kind: 'spawn_granted' | 'spawn_refused' }>,
  ): Promise<void> {
    const { service, parentPid, childName } = event
    if (this.absent.has(parentPid)) {
      course.unasked++
      if (event.kind === 'spawn_granted') this.tickets.set(event.ticket, null)
      return
    }
    if (!this.known.has(parentPid)) await this.root(service, parentPid)
    const answer = await this.supervisor.authorizeSpawn(parentPid, childName)
    const change = { at, childName, parentPid }
    if (answer.ok) course.grantedNow++
    if (event.kind === 'spawn_granted') {
      this.tickets.set(event.ticket, answer.ok ? answer.ticket : null)
      if (answer.ok) return
      count(course.newlyRefused, answer.code)
      course.firstRefused ??= { ...change, message: answer.message }
    } else if (answer.ok) {
      count(course.newlyGranted, event.refusal.code)
      course.firstGranted ??= { ...change, message: event.refusal.message }
      // Nobody knows how long it would have lived; what its grant spent of the rate stays spent.
      await this.supervisor.releaseTicket(answer.ticket)
    }
  }

  private async record(
    course: Course,
    { child, ticket }: Extract<EspalierEvent, { readonly kind: 'child_recorded' }>,
  ): Promise<void> {
    course.livingThen.add(child.pid)
    course.peakThen = Math.max(course.peakThen, course.livingThen.size)
    const granted = ticket === null ? undefined : this.tickets.get(ticket)
    if (ticket !== null) this.tickets.delete(ticket)
    if (granted === null || this.absent.has(child.parentPid)) {
      this.absent.add(child.pid)
      return
    }
    this.absent.delete(child.pid)
    const { name, pid, parentPid, command, ttlMs, kind } = child
    // A pid whose end was not recorded has been taken again.
    if (this.known.has(pid)) await this.supervisor.recordSpawnExit(pid, {})
    const options = granted === undefined ? null : { ticket: granted }
    const service = await this.supervisor.recordSpawn(parentPid, { name, pid, command, ttlMs, kind }, options)
    if (service === null) return
    this.known.add(pid)
    course.livingNow.add(pid)
    course.peakNow = Math.max(course.peakNow, course.livingNow.size)
  }

  private async exit(course: Course, pid: number, exitCode: number | null): Promise<void> {
    course.livingThen.delete(pid)
    course.livingNow.delete(pid)
    this.absent.delete(pid)
    if (this.known.delete(pid)) await this.supervisor.recordSpawnExit(pid, exitCode === null ? {} : { exitCode })
  }

  private async release(ticket: number): Promise<void> {
    const granted = this.tickets.get(ticket)
    this.tickets.delete(ticket)
    if (typeof granted === 'number') await this.supervisor.releaseTicket(granted)
  }
}

function newCourse(): Course {
  return {
    ...{ granted: 0, refused: 0, grantedNow: 0, newlyRefused: new Map(), firstRefused: null, newlyGranted: new Map() },
    ...{ firstGranted: null, unasked: 0, peakThen: 0, peakNow: 0, livingThen: new Set(), livingNow: new Set() },
  }
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
