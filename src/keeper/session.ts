/**
 * What outlives one link to a keeper: which exits we have, who it told of, and making the link again when it breaks. A link
 * that broke has lost nothing: the keeper tells anew of all nodes, and of every exit that was not acknowledged.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../../protocol/failures.js'
import { encodeCommand, type Report } from '../../protocol/keeper/frames.js'
import type { LogPlan } from '../launch.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { connectToKeeper } from './connect.js'
import type { KeeperPolicy } from './directory.js'
import { KeeperLink } from './link.js'
import type { KeeperIdentity } from './start.js'

/** How long a living keeper may be out of reach, and the pause between two attempts, in ms. */
const RECONNECT_MS = { within: 10_000, pause: 50 } as const

/** Exits that are acknowledged at once, and how long fewer may wait for more, in ms. */
const ACK = { exits: 64, withinMs: 10 } as const

/** Where a keeper is and what it does alone. */
export interface KeeperPlace {
  readonly identity: KeeperIdentity
  readonly folder: string
  readonly policy: KeeperPolicy
  readonly logs: LogPlan | null
}

export type LiveReport = Extract<Report, { kind: 'live' }>

export interface SessionListener {
  /** Hears every report but those of the greeting; an exit once, and it is acknowledged when the answer has settled. */
  heard(report: Report): Promise<void> | null
  /** A link is there. `nodes` are all whose exit is not acknowledged. */
  linked(nodes: ReadonlyMap<number, LiveReport>): void
  /** Called once: the keeper has left or died, or cannot be reached. */
  over(why: string): void
}

export class Session {
  readonly identity: KeeperIdentity
  readonly #place: KeeperPlace
  readonly #listener: SessionListener
  #link: KeeperLink | null = null
  #policy: KeeperPolicy
  #logs: LogPlan | null
  /** Nodes told on a new link until the list is complete; null when it is. */
  #telling: Map<number, LiveReport> | null = null
  #greeted: () => void = () => undefined
  #isOver = false
  #isWanted = false
  #isEndExpected = false
  #generation = 0
  #lastSeq = 0
  #ackedSeq = 0
  /** Exits that were heard and are not applied yet. The keeper tells them again to who comes after us. */
  readonly #unapplied = new Set<number>()
  #lastId = 0
  #ackTimer: NodeJS.Timeout | null = null

  constructor(place: KeeperPlace, listener: SessionListener) {
    this.identity = place.identity
    this.#place = place
    this.#policy = place.policy
    this.#logs = place.logs
    this.#listener = listener
  }

  /** Highest id of a node that the keeper has ever heard of. */
  get lastId(): number {
    return this.#lastId
  }

  /** Makes the first link. @throws {EspalierError} `unavailable` */
  async open(): Promise<void> {
    if (await this.#connect()) return
    this.#finish('it hung up at hello')
    throw new EspalierError('unavailable', `the keeper in ${JSON.stringify(this.#place.folder)} hung up at hello`)
  }

  /** False while there is no link. */
  send(frame: Uint8Array): boolean {
    if (this.#link === null || this.#telling !== null) return false
    this.#link.send(frame)
    return true
  }

  /** At once, and with each new link. */
  setPolicy(policy: KeeperPolicy): void {
    this.#policy = policy
    this.#link?.send(configFrame(policy))
  }

  /** Where and how much it logs: at once, and with each new link. */
  setLogs(logs: LogPlan): void {
    this.#logs = logs
    this.#link?.send(logsFrame(logs))
  }

  /** Whether the link keeps this process alive. */
  hold(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return
    this.#isWanted = isWanted
    this.#link?.hold(isWanted)
  }

  /** It was told to leave, and has said that it does: the next time that it hangs up, it is gone. */
  expectEnd(): void {
    this.#isEndExpected = true
  }

  async #connect(): Promise<boolean> {
    const socket = await connectToKeeper(this.#place.folder, bytes => link.read(bytes))
    const greeted = new Promise<void>(settle => {
      this.#greeted = settle
    })
    this.#telling = new Map()
    const link: KeeperLink = new KeeperLink(
      socket,
      {
        heard: report => this.#heard(report),
        paused: () => this.#acknowledge(),
        closed: why => this.#closed(link, why),
      },
      this.#generation,
      // What was heard and not applied stays in the journal, but is not told to us again: it is applied here still.
      this.#ackedSeq,
    )
    this.#link = link
    link.send(configFrame(this.#policy))
    if (this.#logs !== null) link.send(logsFrame(this.#logs))
    await greeted
    if (this.#link === null) return false
    this.#link.hold(this.#isWanted)
    return true
  }

  #heard(report: Report): void {
    switch (report.kind) {
      case 'welcome':
        if (report.fields.pid !== this.identity.pid || report.fields.startTicks !== this.identity.startTicks) {
          this.#link?.close('another keeper has taken its place')
          return
        }
        // Exits are numbered within a generation; one that lost its journal has begun another.
        if (report.fields.generation !== this.#generation) this.#lastSeq = this.#ackedSeq = report.fields.acked
        this.#generation = report.fields.generation
        this.#lastId = Math.max(this.#lastId, report.fields.lastId)
        return
      case 'live':
        // A tail is a view of the bytes as they were read.
        this.#telling?.set(report.id, { ...report, tail: report.tail.slice() })
        return
      case 'live_end': {
        const nodes = this.#telling ?? new Map()
        this.#telling = null
        this.#listener.linked(nodes)
        this.#greeted()
        return
      }
      case 'exit':
        if (report.fields.seq <= this.#lastSeq) return
        if (report.fields.seq !== this.#lastSeq + 1) {
          const gap = `${this.#lastSeq + 1} to ${report.fields.seq - 1}`
          process.emitWarning(
            `espalier: exits ${gap} were never told by the keeper in ${JSON.stringify(this.#place.folder)}`,
          )
        }
        this.#lastSeq = report.fields.seq
        this.#apply(report.fields.seq, this.#listener.heard(report))
        return
      default:
        this.#listener.heard(report)
    }
  }

  #apply(seq: number, applied: Promise<void> | null): void {
    if (applied === null) return
    this.#unapplied.add(seq)
    applied.then(() => {
      this.#unapplied.delete(seq)
      this.#acknowledge()
    })
  }

  /**
   * Up to the first exit that is not applied yet: a set keeps the order in which they were heard. Each word wakes the keeper, so
   * those of a while are one, but for the last, for which it waits.
   */
  #acknowledge(isDue = false): void {
    const [first] = this.#unapplied
    const seq = first === undefined ? this.#lastSeq : first - 1
    if (seq <= this.#ackedSeq || this.#link === null) return
    if (isDue || this.#isEndExpected || seq - this.#ackedSeq >= ACK.exits) {
      this.#ackedSeq = seq
      this.#link.send(encodeCommand('ack', 0, { seq }))
      return
    }
    this.#ackTimer ??= setTimeout(() => {
      this.#ackTimer = null
      this.#acknowledge(true)
    }, ACK.withinMs).unref()
  }

  #closed(link: KeeperLink, why: string): void {
    if (this.#link !== link) return
    this.#link = null
    const isGreeting = this.#telling !== null
    this.#telling = null
    this.#greeted()
    // The first greeting, and each attempt to come back, are answered where they are made.
    if (isGreeting || this.#isOver) return
    if (this.#isEndExpected) this.#finish('it has left')
    else this.#comeBack(why)
  }

  /** A keeper that has left is a process that is gone; as long as it is there, it is tried again. */
  async #comeBack(why: string): Promise<void> {
    const endMs = performance.now() + RECONNECT_MS.within
    let last = why
    while (this.#isAlive() && performance.now() < endMs) {
      try {
        if (await this.#connect()) return
      } catch (error) {
        if (!(error instanceof Error)) throw error
        last = error.message
      }
      await delay(RECONNECT_MS.pause)
    }
    this.#finish(last)
  }

  #isAlive(): boolean {
    const identity = readIdentity(this.identity.pid)
    return identity !== null && !hasEnded(identity) && identity.startTicks === this.identity.startTicks
  }

  #finish(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#link?.close(why)
    this.#listener.over(why)
  }
}

function logsFrame({ folder, maxBytes, totalBytes, files }: LogPlan): Uint8Array {
  return encodeCommand('logs', 0, { maxBytes, totalBytes, files }, new TextEncoder().encode(`${folder}\0`))
}

function configFrame({ abandonMs, graceMs, keep }: KeeperPolicy): Uint8Array {
  return encodeCommand('config', 0, { abandonMs, graceMs, keep: keep ? 1 : 0 })
}
