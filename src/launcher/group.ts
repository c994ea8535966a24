/**
 * One launched process and the group it leads: TERM, grace, KILL, for the leader and for what it forked undeclared.
 * A group number stays reserved only while the group has members, so once the leader is gone the group is signalled only
 * if a member seen before is still there with the same start ticks, or if we looked so lately that the number cannot have
 * come round (a process that forks and exits all the time has other members at each look).
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { TerminationReason } from '../../protocol/events.js'
import { EspalierError } from '../../protocol/failures.js'
import { groupExists, readGroups, signalGroup } from '../os/groups.js'
import { nameHoldup } from '../os/holdup.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { type Deadline, startDeadline } from './deadline.js'

/** How long after KILL a process may take to vanish before `end` gives up and says so, in ms. */
export const KILL_WAIT_MS = 10_000

/** First and longest pause between two looks at a group whose leader is gone, in ms. */
const LOOK_MS = { first: 10, longest: 200 } as const

/** Two looks at most this far apart are one sight of the same group, in ms: the fastest pid space takes 10 s to come round. */
const CONTINUITY_MS = 3000

/** A launched process as the leader of its group. */
export class LaunchedGroup {
  readonly pid: number
  readonly service: string
  /** Settles when the leader was reaped. */
  readonly #reaped: Promise<unknown>
  #leaderGone = false
  #order: TerminationReason | null = null
  #ending: { readonly grace: Deadline; readonly done: Promise<void> } | null = null
  /** Start ticks by pid of the members seen last; used only when the leader is gone. */
  #known: ReadonlyMap<number, number> = new Map()
  /** When the group was last known to be ours, in ms of `performance.now()`. */
  #seenAtMs = Number.NEGATIVE_INFINITY

  constructor(pid: number, service: string, reaped: Promise<unknown>) {
    this.pid = pid
    this.service = service
    this.#reaped = reaped
  }

  /** The order that the leader died of, or null when nobody ordered it. */
  get order(): TerminationReason | null {
    return this.#order
  }

  /** To be called in the very turn in which the leader was reaped. False when nothing is left of the group. */
  leaderExited(): boolean {
    this.#leaderGone = true
    this.#seenAtMs = performance.now()
    return groupExists(this.pid)
  }

  /** True when the leader was reaped and nobody lives in its group, or nobody who is known to be ours. */
  async isEmpty(): Promise<boolean> {
    return this.#leaderGone && !(await this.#isOurs())
  }

  /**
   * TERM to all, KILL after `graceMs`; resolves when the leader was reaped and no member lives. A second call joins the
   * first and may only shorten its grace.
   * @throws {EspalierError} `timeout` when something is still there `KILL_WAIT_MS` after KILL.
   */
  end(reason: TerminationReason, graceMs: number): Promise<void> {
    if (this.#ending !== null) {
      this.#ending.grace.hasten(graceMs)
      return this.#ending.done
    }
    const grace = startDeadline(graceMs)
    const done = this.#end(reason, grace).finally(() => {
      grace.cancel()
      this.#ending = null
    })
    this.#ending = { grace, done }
    return done
  }

  /** Somebody else carries out an order on it: the leader dies of that, unless it has ended by itself and only waits to be reaped. */
  ordered(reason: TerminationReason): void {
    if (this.#leaderGone || this.#order !== null) return
    const identity = readIdentity(this.pid)
    if (identity === null || !hasEnded(identity)) this.#order = reason
  }

  async #end(reason: TerminationReason, grace: Deadline): Promise<void> {
    this.ordered(reason)
    await this.#signal('SIGTERM')
    // A stopped process acts on TERM only once it runs again.
    await this.#signal('SIGCONT')
    if (await this.#emptied(grace)) return
    await this.#signal('SIGKILL')
    const patience = startDeadline(KILL_WAIT_MS)
    const isEmptied = await this.#emptied(patience)
    patience.cancel()
    if (isEmptied) return
    const left = this.#leaderGone ? [...this.#known.keys()] : [this.pid]
    throw new EspalierError(
      'timeout',
      `process ${left.map(nameHoldup).join(', ')} is still there ${KILL_WAIT_MS} ms after KILL: it hangs in the kernel, or runs as ` +
        'another user; end it as root, or look for a stuck disk or mount',
    )
  }

  /** Waits until leader and members are gone, or for the deadline; true when they are gone. */
  async #emptied(deadline: Deadline): Promise<boolean> {
    await Promise.race([this.#reaped, deadline.passed])
    for (let pauseMs: number = LOOK_MS.first; ; pauseMs = Math.min(pauseMs * 2, LOOK_MS.longest)) {
      if (await this.isEmpty()) return true
      if (deadline.isOver()) return false
      await Promise.race([delay(pauseMs), deadline.passed])
    }
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    // While the leader is not reaped the number is its own. Nothing is awaited between the look and the signal.
    if (!this.#leaderGone || (await this.#isOurs())) signalGroup(this.pid, signal)
  }

  /** Looks whether the group of a leader that is gone still holds one of ours, and learns who else is there. */
  async #isOurs(): Promise<boolean> {
    if (!groupExists(this.pid)) return false
    const groups = await readGroups()
    // Without /proc the only sign of a reused number is a process that bears it as its pid.
    if (groups === null) return !processExists(this.pid)
    const members = groups.get(this.pid) ?? []
    const isSeenBefore = members.some(member => this.#known.get(member.pid) === member.startTicks)
    const isSeenLately = performance.now() - this.#seenAtMs < CONTINUITY_MS && readIdentity(this.pid) === null
    if (members.length === 0 || !(isSeenBefore || isSeenLately)) {
      this.#known = new Map()
      this.#seenAtMs = Number.NEGATIVE_INFINITY
      return false
    }
    this.#known = new Map(members.map(member => [member.pid, member.startTicks]))
    this.#seenAtMs = performance.now()
    return true
  }
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    // Somebody is there whom we may not signal.
    if (error instanceof Error && 'code' in error && error.code === 'EPERM') return true
    throw error
  }
}
