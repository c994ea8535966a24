/** Lets the oracle do what the hosts have committed, and compares each grant and each refusal with what it foretells. */

import {
  ANSWER,
  OP,
  R_KNOWN,
  R_MORE,
  R_TICKET,
  R_VIRTUAL,
  RECORD,
  readAskerTicks,
  readFloat,
} from '../../../protocol/lane/operations.js'
import { NO_EXIT_CODE } from '../../../protocol/lane/rows.js'
import { readText } from '../../../protocol/lane/text.js'
import { REFUSAL_CODES } from '../../../protocol/refusals.js'
import { isLiving, type Knot, livingRecords, type OracleLimits, type Ticket } from '../../oracle/books.js'
import { refuse } from '../../oracle/checks.js'
import { Oracle } from '../../oracle/oracle.js'
import { answersById, type Entry, eachRecord } from './ledger.js'
import { mustEqual, Violation } from './violation.js'

/** Operations that name the process they are about first. */
const PID_FIRST: ReadonlySet<number> = new Set([OP.authorize, OP.exit, OP.metrics, OP.supersede])

export class Witness {
  readonly oracle = new Oracle()
  private readonly names = new Map<number, string>()
  private readonly ticks = new Map<Knot, number>()
  private readonly tickets = new Map<string, Ticket>()
  /** The host of each service, by name. */
  private readonly lanes = new Map<string, number>()
  /** How many entries there were when a process was taken into the books. */
  private readonly knownSince = new Map<Knot, number>()
  /** How many there were when a host was told of a process whose pid another held. */
  private readonly turnedDown = new Map<string, number>()
  private seen = 0
  private readonly reached: Map<string, number>

  /** Counts every refusal by its code in `reached`. */
  constructor(reached: Map<string, number>) {
    this.reached = reached
  }

  see({ lane, nowMs, postedAfter, operations, answers }: Entry): void {
    this.oracle.advance(nowMs - this.oracle.nowMs)
    const places = answersById(answers)
    eachRecord(operations, at => {
      const place = places.get(operations[at + 1])
      const code = operations[at] & 255
      const elsewhere = PID_FIRST.has(code) ? this.elsewhere(lane, operations[at + 2]) : null
      if (elsewhere === null) this.follow(lane, operations, at, place, answers)
      else if (code === OP.authorize) this.mustNotKnow(lane, elsewhere, postedAfter, place, answers)
    })
    this.seen++
  }

  /** Who holds this pid on another host: of what that one is asked, this one knows nothing. */
  private elsewhere(lane: number, pid: number): Knot | null {
    const knot = this.oracle.pids.get(pid)
    return knot === undefined || this.lanes.get(knot.service.name) === lane ? null : knot
  }

  /** A request that was under way when another host was told of the process came to one that does not know it. */
  private mustNotKnow(
    lane: number,
    knot: Knot,
    postedAfter: number,
    place: number | undefined,
    answers: Int32Array,
  ): void {
    const since = this.knownSince.get(knot) ?? 0
    // One that this host turned down, and whose asker has not heard so, was to be here.
    const turnedDown = this.turnedDown.get(`${lane} ${knot.pid}`) ?? -1
    if (postedAfter > since && turnedDown < since)
      throw new Violation(`process ${knot.pid} asked a host that is not its own`)
    if (place === undefined) return
    const { ok, code } = decision(answers, place) as { ok: boolean; code?: string }
    mustEqual({ ok, code }, { ok: false, code: 'no_tree' }, `process ${knot.pid}, of another host`)
  }

  /** Living processes below the roots, as the history has it. */
  liveIn(service: string): number {
    const found = this.oracle.services.get(service)
    return found === undefined ? 0 : livingRecords(found).length
  }

  private follow(lane: number, ints: Int32Array, at: number, place: number | undefined, answers: Int32Array): void {
    const { oracle } = this
    const pid = ints[at + 2]
    switch (ints[at] & 255) {
      case OP.registerService: {
        const { name, limits, charges } = JSON.parse(readText(ints, (at + 4) * 4, ints[at + 3], false))
        this.names.set(ints[at + 2], name)
        this.lanes.set(name, lane)
        const isNew = !oracle.services.has(name)
        oracle.registerService(name, limits as OracleLimits)
        const service = oracle.services.get(name)
        if (isNew && service !== undefined) service.grantsEver = charges
        return
      }
      case OP.registerRoot:
        if (this.mustBeTaken(lane, ints[at + 3], place, answers)) return
        this.supersede(ints[at + 3], readFloat(ints, at + 4))
        oracle.registerServicePid(this.names.get(pid) ?? '', ints[at + 3])
        this.know(ints[at + 3], readFloat(ints, at + 4))
        return
      case OP.authorize: {
        const ttlMs = readFloat(ints, at + 4)
        const isAnother = !isSame(this.ticksOf(pid), ints[at] >>> 8 > 6 ? readAskerTicks(ints, at) : Number.NaN)
        const foretold = isAnother ? refuse('no_tree') : oracle.authorize(pid, Number.isNaN(ttlMs) ? null : ttlMs)
        // Nobody heard this answer: its host died with it.
        if (place === undefined) return
        mustEqual(
          decision(answers, place),
          comparable(foretold),
          `what process ${pid} was answered at ${oracle.nowMs} ms`,
        )
        if (foretold.ok) this.tickets.set(ticketKey(lane, answers, place + 4), oracle.tickets.at(-1) as Ticket)
        else this.reached.set(foretold.code, (this.reached.get(foretold.code) ?? 0) + 1)
        return
      }
      case OP.record:
        if (!this.mustBeTaken(lane, ints[at + RECORD.pid], place, answers)) this.record(lane, ints, at, place, answers)
        return
      case OP.exit: {
        const [code, signal] = [ints[at + 3], ints[at + 4] & 255]
        if (this.isStranger(pid, readFloat(ints, at + 7))) return
        oracle.exit(pid, code === NO_EXIT_CODE ? null : code, signal || null)
        return
      }
      case OP.metrics: {
        const [cpu, rss] = [readFloat(ints, at + 4), readFloat(ints, at + 6)]
        oracle.metrics(pid, Number.isNaN(cpu) ? null : cpu, Number.isNaN(rss) ? null : rss)
        return
      }
      case OP.supersede:
        if (this.ticksOf(pid) < readFloat(ints, at + 4)) this.supersede(pid, readFloat(ints, at + 4))
        return
      case OP.release: {
        const ticket = this.tickets.get(ticketKey(lane, ints, at + 2))
        if (ticket !== undefined) oracle.release(ticket)
      }
    }
  }

  /** Whether a process of another host that lives as far as anybody knows has this pid: then that is the answer. */
  private mustBeTaken(lane: number, pid: number, place: number | undefined, answers: Int32Array): boolean {
    const holder = this.elsewhere(lane, pid)
    if (holder === null || !isLiving(holder)) return false
    this.turnedDown.set(`${lane} ${pid}`, this.seen)
    if (place !== undefined) mustEqual(answers[place] & 255, ANSWER.failed, `recorded: pid ${pid} of another host`)
    return true
  }

  private record(lane: number, ints: Int32Array, at: number, place: number | undefined, answers: Int32Array): void {
    const flags = ints[at + RECORD.flags]
    if (flags & R_VIRTUAL) throw new Error('the simulation records below no virtual root')
    const pid = ints[at + RECORD.pid]
    const ticket = flags & R_TICKET ? this.tickets.get(ticketKey(lane, ints, at + RECORD.ticketSlot)) : undefined
    const startTicks = readFloat(ints, at + RECORD.startTicks)
    this.supersede(pid, startTicks)
    const hint = this.names.get(ints[at + RECORD.service]) ?? null
    const parentPid = ints[at + RECORD.parentPid]
    const parentTicks = flags & R_MORE ? readFloat(ints, at + RECORD.parentTicks) : Number.NaN
    const isItsSuccessor = !isSame(parentTicks, startTicks)
    const recorded = this.withoutOthers(lane, parentPid, parentTicks, () =>
      this.oracle.record(parentPid, pid, ticket ?? null, hint, {
        isItsSuccessor,
        isSame: node => isSame(this.ticks.get(node) ?? Number.NaN, startTicks),
        isKnown: (flags & R_KNOWN) !== 0,
      }),
    )
    if (place !== undefined) {
      const isFailed = (answers[place] & 255) === ANSWER.failed
      const isForetold = recorded !== null && typeof recorded === 'object'
      mustEqual(isFailed, isForetold, `recorded: whether pid ${pid} below ${parentPid} is wrong`)
    }
    this.know(pid, startTicks)
  }

  /** A host knows nothing of the process that another holds under this pid, and one with other ticks is another process. */
  private withoutOthers<T>(lane: number, pid: number, startTicks: number, act: () => T): T {
    const { pids } = this.oracle
    const holder = pids.get(pid)
    if (holder === undefined) return act()
    if (this.elsewhere(lane, pid) === null && isSame(this.ticksOf(pid), startTicks)) return act()
    pids.delete(pid)
    const result = act()
    if (!pids.has(pid)) pids.set(pid, holder)
    return result
  }

  /** Another process of this pid has ended, unheard. */
  private supersede(pid: number, startTicks: number): void {
    if (this.isStranger(pid, startTicks)) this.oracle.exit(pid, null, null)
  }

  private isStranger(pid: number, startTicks: number): boolean {
    const knot = this.oracle.pids.get(pid)
    if (knot === undefined || !isLiving(knot) || Number.isNaN(startTicks)) return false
    return (this.ticks.get(knot) ?? startTicks) !== startTicks
  }

  /** NaN where nobody knows. */
  private ticksOf(pid: number): number {
    const knot = this.oracle.pids.get(pid)
    return (knot && this.ticks.get(knot)) ?? Number.NaN
  }

  private know(pid: number, startTicks: number): void {
    const knot = this.oracle.pids.get(pid)
    if (knot === undefined || this.ticks.has(knot)) return
    this.ticks.set(knot, startTicks)
    this.knownSince.set(knot, this.seen)
  }
}

/** Whether two start ticks may be of one process; NaN: unknown. */
function isSame(some: number, others: number): boolean {
  return Number.isNaN(some) || Number.isNaN(others) || some === others
}

function ticketKey(lane: number, ints: Int32Array, at: number): string {
  return `${lane} ${ints[at]} ${ints[at + 1]}`
}

function comparable(foretold: ReturnType<Oracle['authorize']>): unknown {
  if (!foretold.ok) return foretold
  return { ok: true, depth: foretold.depth, expiresAtMs: foretold.expiresAtMs }
}

function decision(ints: Int32Array, at: number): unknown {
  if ((ints[at] & 255) === ANSWER.grant) return { ok: true, depth: ints[at + 3], expiresAtMs: readFloat(ints, at + 6) }
  const [limit, current, retryAfterMs] = [4, 6, 8].map(offset => readFloat(ints, at + offset))
  const orNull = (value: number) => (Number.isNaN(value) ? null : value)
  return {
    ok: false,
    code: REFUSAL_CODES[ints[at + 2]],
    limit: orNull(limit),
    current: orNull(current),
    retryAfterMs: orNull(retryAfterMs),
  }
}
