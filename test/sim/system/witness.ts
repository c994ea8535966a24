/** Lets the oracle do what the hosts have committed, and compares each grant and each refusal with what it foretells. */

import { ANSWER, OP, R_TICKET, R_VIRTUAL, RECORD, readFloat } from '../../../protocol/lane/operations.js'
import { NO_EXIT_CODE } from '../../../protocol/lane/rows.js'
import { readText } from '../../../protocol/lane/text.js'
import { REFUSAL_CODES } from '../../../protocol/refusals.js'
import { isLiving, type Knot, livingRecords, type OracleLimits, type Ticket } from '../../oracle/books.js'
import { Oracle } from '../../oracle/oracle.js'
import { answersById, type Entry, eachRecord } from './ledger.js'
import { mustEqual } from './violation.js'

export class Witness {
  readonly oracle = new Oracle()
  private readonly names = new Map<number, string>()
  private readonly ticks = new Map<Knot, number>()
  private readonly tickets = new Map<string, Ticket>()
  private readonly reached: Map<string, number>

  /** Counts every refusal by its code in `reached`. */
  constructor(reached: Map<string, number>) {
    this.reached = reached
  }

  see({ lane, nowMs, operations, answers }: Entry): void {
    this.oracle.advance(nowMs - this.oracle.nowMs)
    const places = answersById(answers)
    eachRecord(operations, at => this.follow(lane, operations, at, places.get(operations[at + 1]), answers))
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
        const { name, limits } = JSON.parse(readText(ints, (at + 4) * 4, ints[at + 3], false))
        this.names.set(ints[at + 2], name)
        oracle.registerService(name, limits as OracleLimits)
        return
      }
      case OP.registerRoot:
        this.supersede(ints[at + 3], readFloat(ints, at + 4))
        oracle.registerServicePid(this.names.get(pid) ?? '', ints[at + 3])
        this.know(ints[at + 3], readFloat(ints, at + 4))
        return
      case OP.authorize: {
        const ttlMs = readFloat(ints, at + 4)
        const foretold = oracle.authorize(pid, Number.isNaN(ttlMs) ? null : ttlMs)
        // Nobody heard this answer: its host died with it.
        if (place === undefined) return
        if (this.mayBeFoundAgain(foretold, answers, place)) return
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
        this.record(lane, ints, at)
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
        this.supersede(pid, readFloat(ints, at + 4))
        return
      case OP.release: {
        const ticket = this.tickets.get(ticketKey(lane, ints, at + 2))
        if (ticket !== undefined) oracle.release(ticket)
      }
    }
  }

  /** A pid that two processes have had and left: after a host's death it may name the first again, which has exited too. */
  private mayBeFoundAgain(foretold: ReturnType<Oracle['authorize']>, answers: Int32Array, place: number): boolean {
    return !foretold.ok && foretold.code === 'no_tree' && (answers[place] & 255) === ANSWER.refusal
  }

  private record(lane: number, ints: Int32Array, at: number): void {
    const flags = ints[at + RECORD.flags]
    if (flags & R_VIRTUAL) throw new Error('the simulation records below no virtual root')
    const pid = ints[at + RECORD.pid]
    const ticket = flags & R_TICKET ? this.tickets.get(ticketKey(lane, ints, at + RECORD.ticketSlot)) : undefined
    const startTicks = readFloat(ints, at + RECORD.startTicks)
    this.supersede(pid, startTicks)
    const hint = this.names.get(ints[at + RECORD.service]) ?? null
    const parentPid = ints[at + RECORD.parentPid]
    this.oracle.record(parentPid, pid, ticket ?? null, hint)
    this.know(pid, startTicks)
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

  private know(pid: number, startTicks: number): void {
    const knot = this.oracle.pids.get(pid)
    if (knot !== undefined && !this.ticks.has(knot)) this.ticks.set(knot, startTicks)
  }
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
