/** The hosts of a supervisor: one lane each, their memory, and a successor for one that dies. */

import type { Registry } from '../../actors/registry/registry.js'
import type { Progress } from '../../actors/router/router.js'
import { allocate, type Buffers, floatsIn } from '../../actors/tree/buffers.js'
import { EspalierError } from '../../protocol/failures.js'
import { CAST_NAMES, OP } from '../../protocol/lane/operations.js'
import { H_APPLIED, H_DECISIONS } from '../../protocol/lane/rows.js'
import { decoder } from '../lane/decode.js'
import { encodePlain } from '../lane/encode.js'
import { Lane } from '../lane/lane.js'
import type { Link, LinkListener, Said } from '../lane/link.js'

/** A host that dies more often than this within the window is not started again (OTP's restart intensity). */
export const RESTARTS_MAX = 5
export const RESTART_WINDOW_MS = 60_000

/** Starts the host of a lane on the memory given; `onDeath` is called once when it is gone. */
export type StartHost = (
  lane: number,
  buffers: Buffers,
  listening: boolean,
  listener: LinkListener,
  onDeath: (cause: unknown) => void,
) => Link

/** What a fleet tells its supervisor, and the clock that it reads there. */
export interface FleetListener {
  said(said: Said): void
  /** Monotonic. */
  nowMs(): number
  /** A cast that no host will apply. */
  dropped(operation: string, error: EspalierError): void
}

interface Host {
  buffers: Buffers
  floats: Float64Array
  link: Link | null
  deaths: number[]
}

export class Fleet implements Progress {
  readonly lanes: readonly Lane[]
  /** Whether hosts that start from here build events. */
  private listening = false
  private readonly hosts: Host[]
  private readonly startHost: StartHost
  private readonly listener: FleetListener
  private closing = false

  constructor(count: number, maxInFlight: number, registry: Registry, startHost: StartHost, listener: FleetListener) {
    this.startHost = startHost
    this.listener = listener
    const numbers = Array.from({ length: count }, (_, index) => index)
    this.lanes = numbers.map(index => new Lane(index, maxInFlight, decoder(index, registry)))
    this.hosts = numbers.map(() => {
      const buffers = allocate()
      return { buffers, floats: floatsIn(buffers.rows), link: null, deaths: [] }
    })
    for (const index of numbers) this.start(index)
  }

  /** Operations that a lane's hosts have applied, as its memory says. */
  applied(lane: number): number {
    return this.hosts[lane].floats[H_APPLIED]
  }

  answered(lane: number): number {
    return this.lanes[lane].answered
  }

  /** The link to a host, or null while it has none. */
  link(lane: number): Link | null {
    return this.hosts[lane].link
  }

  /** Resolves when every host has applied what was sent before. */
  async fence(): Promise<void> {
    if (this.closing) return
    await Promise.all(this.lanes.map(lane => lane.call<void>(encodePlain(lane, OP.tick))))
  }

  /** Whether events are built. */
  listen(listening: boolean): void {
    if (this.closing) return
    this.listening = listening
    for (const lane of this.lanes) encodePlain(lane, OP.listen, listening ? 1 : 0)
  }

  /** Decisions of every host are numbered from here on. */
  resume(decisions: number): void {
    for (const { floats } of this.hosts) floats[H_DECISIONS] = decisions
  }

  async close(): Promise<void> {
    this.closing = true
    const closed = new EspalierError('closed', 'the supervisor is closed')
    for (const lane of this.lanes) lane.giveUp(closed)
    await Promise.all(this.hosts.map(host => host.link?.close()))
  }

  private start(index: number): void {
    const host = this.hosts[index]
    const lane = this.lanes[index]
    let over = false
    const listener: LinkListener = {
      answers: ints => {
        lane.receive(ints)
        // Two hosts' answers are taken before either is asked again, or batches collapse (FACTS, Crossing threads).
        if (!this.draining) this.drainOthers(index)
      },
      said: said => {
        if (said.buffers !== undefined) this.adopt(host, said.buffers)
        this.listener.said(said)
      },
    }
    const link = this.startHost(index, host.buffers, this.listening, listener, cause => {
      over = true
      host.link = null
      if (!this.closing) this.succeed(index, cause)
    })
    if (over) return
    host.link = link
    lane.attach(link, this.applied(index))
  }

  private draining = false

  private drainOthers(index: number): void {
    this.draining = true
    for (const lane of this.lanes) if (lane.index !== index && lane.isBusy) lane.drain()
    this.draining = false
  }

  private succeed(index: number, cause: unknown): void {
    const host = this.hosts[index]
    const lane = this.lanes[index]
    const error = new EspalierError('host_lost', `host ${index} died twice at this cast`, { cause })
    this.drop(lane.lost(this.applied(index), cause), error)
    const now = this.listener.nowMs()
    host.deaths = [...host.deaths.filter(at => now - at < RESTART_WINDOW_MS), now]
    if (host.deaths.length <= RESTARTS_MAX) {
      this.start(index)
      return
    }
    const gone = new EspalierError(
      'unavailable',
      `host ${index} died ${host.deaths.length} times within ${RESTART_WINDOW_MS / 1000} s and is not started again; close this supervisor and create another`,
      { cause },
    )
    this.drop(lane.giveUp(gone), gone)
  }

  private drop(codes: readonly number[], error: EspalierError): void {
    for (const code of codes) {
      // Those without a name are ours: a successor is born with what they would have told it.
      if (code in CAST_NAMES) this.listener.dropped(CAST_NAMES[code], error)
    }
  }

  private adopt(host: Host, buffers: Buffers): void {
    host.buffers = buffers
    host.floats = floatsIn(buffers.rows)
  }
}
