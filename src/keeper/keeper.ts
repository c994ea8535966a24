/** One service's keeper as we use it: spawns, signals, ends, and what becomes of them when it goes. */

import { type ExitReason, reasonNumber } from '../../protocol/children.js'
import { decodeNumbers, encodeCommand, encodeNumbers, encodeStrays, type Report } from '../../protocol/keeper/frames.js'
import { KEEPER_FLAGS } from '../../protocol/keeper/messages.js'
import type { FoundProcess, LaunchRequest } from '../launch.js'
import { sliceOfTurn } from '../slices.js'
import { foundProcess } from './found.js'
import { type HeardAsk, Hearing } from './hearing.js'
import { type ExitRecord, KeptProcess } from './kept.js'
import { failureOf, framesOf, KeeperLost, SpawnFailed } from './launching.js'
import type { KeeperOwner } from './owner.js'
import { Requests } from './requests.js'
import { type KeeperPlace, type LiveReport, Session } from './session.js'

/** How long a keeper may take to answer what it answers at once, in ms. */
const ANSWER_MS = 30_000

/** How long after KILL something may still be there before it is said to be stuck, in ms. */
const KILL_MS = 10_000

/** `exited` of a node whose exit is acknowledged. */
const IS_APPLIED = 2

export class Keeper {
  readonly service: string
  /** Resolves when it has gone. */
  readonly left: Promise<void>
  /** What it does alone, and where it logs, from now on. */
  readonly plan: Pick<Session, 'setPolicy' | 'setLogs'>
  readonly #session: Session
  readonly #owner: KeeperOwner
  readonly #running = new Map<number, KeptProcess>()
  /** Gone; and before that, it has said that all it kept is ended: then it was not killed. */
  isGone = false
  hasEnded = false
  readonly #spawns = new Requests<KeptProcess>(frame => this.#session.send(frame))
  readonly #orders = new Requests<Report>(frame => this.#session.send(frame))
  readonly #hearing = new Hearing(
    frame => this.#session.send(frame),
    ask => this.#asked(ask),
  )
  /** An order whose answer nobody reads. */
  readonly #unasked = (encode: (id: number) => Uint8Array): unknown => this.#session.send(encode(++this.#lastOrder))
  #leave: () => void = () => undefined
  /** What it kept before the first link; null until then, and once taken. */
  #found: readonly FoundProcess[] | null = null
  #adopted: () => void = () => undefined
  #lastNode = 0
  #lastOrder = 0
  /** The order by which everything ends. */
  #lastWord = 0
  #isFirst = true

  private constructor(service: string, at: KeeperPlace, owner: KeeperOwner) {
    this.service = service
    this.#owner = owner
    this.left = new Promise(settle => {
      this.#leave = settle
    })
    this.#session = new Session(at, {
      heard: report => this.#heard(report),
      linked: nodes => this.#linked(nodes),
      over: why => this.#over(why),
    })
    this.plan = this.#session
  }

  /** Links to a keeper that runs. @throws {EspalierError} `unavailable` */
  static async link(service: string, at: KeeperPlace, owner: KeeperOwner): Promise<Keeper> {
    const keeper = new Keeper(service, at, owner)
    await keeper.#session.open()
    return keeper
  }

  /**
   * Hands over what it kept before we came; no exit of it is acknowledged before that has settled. Whatever nobody has taken
   * over when something is launched is ended: nobody would know it.
   */
  async takeOver(adopt: (found: readonly FoundProcess[]) => Promise<void>): Promise<void> {
    const found = this.#found ?? []
    this.#found = null
    try {
      await adopt(found)
    } finally {
      this.#adopted()
      this.#hold()
    }
  }

  /** Of the keeper itself. */
  get pid(): number {
    return this.#session.identity.pid
  }

  get running(): readonly KeptProcess[] {
    return [...this.#running.values()]
  }

  /** @throws {EspalierError} `launch_failed`, `timeout` */
  async launch(request: LaunchRequest, parentId: number): Promise<KeptProcess> {
    await sliceOfTurn()
    this.#dropFound()
    const id = Math.max(this.#lastNode, this.#session.lastId) + 1
    const frames = framesOf(id, request, parentId)
    this.#lastNode = id
    try {
      return await this.#ask(this.#spawns, id, frames, ANSWER_MS)
    } catch (error) {
      throw failureOf(request, error)
    }
  }

  /** Tells it who lives on of the keepers before it: they have a voice here. */
  take(strays: readonly KeptProcess[]): void {
    this.#session.send(encodeCommand('take', 0, {}, encodeStrays(strays)))
  }

  /** Its outputs are logged here from now on, if they are pipes of a keeper's and not logged here already. */
  logStray({ pid, startTicks }: KeptProcess, label: string): void {
    this.#session.send(encodeCommand('log_stray', 0, { pid, startTicks }, new TextEncoder().encode(`${label}\0`)))
  }

  /** Signals these nodes with their forks, and wakes them; 0 stands for all. Answers how many processes it met. */
  async signal(ids: readonly number[], signal: number, reason: ExitReason | null): Promise<number> {
    const scope = KEEPER_FLAGS.scope_tree | (signal === 0 ? 0 : KEEPER_FLAGS.scope_wake)
    const fields = { signal, scope, reason: reasonNumber(reason) }
    const answer = await this.#order(id => encodeCommand('signal', id, fields, encodeNumbers(ids)), ANSWER_MS)
    return answer?.kind === 'signalled' ? answer.fields.count : 0
  }

  /** How it does; null when it has gone. @throws {EspalierError} `timeout` after `withinMs` */
  status(withinMs: number): Promise<Report | null> {
    return this.#order(id => encodeCommand('ask_status', id, {}), withinMs)
  }

  /** Kills these nodes with their forks; 0 stands for all, and then the keeper leaves. Answers the pids of what will not die, or null. */
  async kill(ids: readonly number[], reason: ExitReason): Promise<readonly number[] | null> {
    const fields = { deadlineMs: KILL_MS, reason: reasonNumber(reason) }
    const encode = (id: number) => {
      if (ids.includes(0)) this.#lastWord = id
      return encodeCommand('end', id, fields, encodeNumbers(ids))
    }
    const answer = await this.#order(encode, KILL_MS + ANSWER_MS)
    this.hasEnded ||= ids.includes(0) && answer !== null
    return answer?.kind === 'ended' && answer.fields.stuck === 1 ? decodeNumbers(answer.tail) : null
  }

  /** An order to a keeper that has gone finds nothing to do. */
  async #order(encode: (id: number) => Uint8Array, withinMs: number): Promise<Report | null> {
    const id = ++this.#lastOrder
    try {
      return await this.#ask(this.#orders, id, [encode(id)], withinMs)
    } catch (error) {
      if (error instanceof KeeperLost) return null
      throw error
    }
  }

  async #ask<T>(requests: Requests<T>, id: number, frames: readonly Uint8Array[], withinMs: number): Promise<T> {
    if (this.isGone) throw new KeeperLost()
    const answer = requests.ask(id, frames, withinMs)
    this.#hold()
    return answer.finally(() => this.#hold())
  }

  /** We stay alive while somebody waits for an answer or an exit. */
  #hold(): void {
    this.#session.hold(this.#running.size + this.#spawns.size + this.#orders.size > 0)
  }

  #heard(report: Report): Promise<void> | null {
    if (report.kind === 'exit') return this.#exited(report.fields)
    if (report.kind === 'started') this.#started(report.id, report.fields)
    else if (report.kind === 'ask_part') this.#hearing.part(report.id, report.tail)
    else if (report.kind === 'ask') this.#hearing.ask(report)
    else if (report.kind === 'asker_gone') this.#hearing.gone(report.id)
    else if (report.kind === 'failed') {
      this.#spawns.fail(report.id, new SpawnFailed(report.fields.error, report.fields.step))
    } else {
      // After this answer it leaves by itself, if nothing is stuck.
      if (report.kind === 'ended' && report.id === this.#lastWord && report.fields.stuck === 0)
        this.#session.expectEnd()
      // A tail is a view of bytes that are used again.
      this.#orders.settle(report.id, { ...report, tail: report.tail.slice() })
    }
    return null
  }

  #started(id: number, fields: LiveReport['fields']): void {
    if (!this.#spawns.has(id)) {
      // Nobody waits for it any more: it was said not to have started.
      this.#abandon(id)
      return
    }
    try {
      this.#spawns.settle(id, this.#keep(id, fields))
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#spawns.fail(id, error)
      this.#abandon(id)
    }
  }

  #keep(id: number, fields: LiveReport['fields']): KeptProcess {
    const { pid, startTicks } = fields
    const opened = () => void this.#session.send(encodeCommand('opened', id, {}))
    const keeper = { pid: this.#session.identity.pid, opened }
    const kept = new KeptProcess({ id, pid, startTicks }, keeper, fields, signal => this.#signalOne(id, signal))
    this.#running.set(id, kept)
    this.#owner.started(kept, this)
    return kept
  }

  /** An anchor that has ended since speaks for nobody: whoever asked has gone to the adopted. */
  #asked(ask: HeardAsk): void {
    this.#owner.asked(ask, this.#running.get(ask.anchorId) ?? null, this)
  }

  #exited(record: ExitRecord): Promise<void> | null {
    const kept = this.#running.get(record.id)
    if (kept === undefined || (record.flags & KEEPER_FLAGS.exit_declared) === 0) return null
    this.#running.delete(record.id)
    this.#owner.exited(kept, this)
    kept.ended(record)
    this.#hold()
    return kept.applied()
  }

  /** The first link: what is there was launched by somebody before us. */
  #find(nodes: ReadonlyMap<number, LiveReport>): void {
    const adopted = new Promise<void>(settle => {
      this.#adopted = settle
    })
    const inOrder = [...nodes.values()].toSorted((a, b) => a.id - b.id)
    this.#found = inOrder.map(live => {
      const process = live.fields.exited === IS_APPLIED ? null : this.#keepFound(live.id, live.fields)
      process?.holdExit(adopted)
      return foundProcess(live, process)
    })
  }

  /** Null: no descriptor is left here for its pipes. It could not be watched, so it is ended. */
  #keepFound(id: number, fields: LiveReport['fields']): KeptProcess | null {
    try {
      return this.#keep(id, fields)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      this.#abandon(id)
      return null
    }
  }

  #dropFound(): void {
    for (const { id, process } of this.#found ?? []) if (process !== null) this.#abandon(id)
    this.#found = null
    this.#adopted()
  }

  /**
   * A keeper carries spawns out in the order of their ids, each once. One that it has heard of and does not tell of failed, and
   * its answer was lost; one that it never heard of is sent again.
   */
  #linked(nodes: ReadonlyMap<number, LiveReport>): void {
    if (!this.#isFirst) {
      for (const [id, { fields }] of nodes) {
        if (fields.exited !== IS_APPLIED && !this.#running.has(id)) this.#started(id, fields)
      }
    } else this.#find(nodes)
    this.#isFirst = false
    this.#spawns.resend(id => (id <= this.#session.lastId ? new KeeperLost() : null))
    this.#orders.resend()
    this.#hearing.linked()
  }

  #over(why: string): void {
    const strays = this.running
    for (const stray of strays) stray.lostKeeper()
    this.isGone = true
    this.#hearing.over()
    this.#running.clear()
    this.#spawns.failAll(() => new KeeperLost())
    this.#orders.failAll(() => new KeeperLost())
    if (strays.length > 0) process.emitWarning(`espalier: the keeper of service ${this.service} is lost: ${why}`)
    this.#owner.gone(this, strays)
    this.#leave()
  }

  #signalOne(id: number, signal: number): void {
    const fields = { signal, scope: KEEPER_FLAGS.scope_one, reason: 0 }
    this.#unasked(order => encodeCommand('signal', order, fields, encodeNumbers([id])))
  }

  #abandon(id: number): void {
    const fields = { deadlineMs: KILL_MS, reason: reasonNumber('stop') }
    this.#unasked(order => encodeCommand('end', order, fields, encodeNumbers([id])))
  }
}
