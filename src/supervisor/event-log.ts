/** The events of a supervisor: one ring that every reader walks at its own pace. */

import type { EspalierEvent } from '../../protocol/events.js'
import { onAbort } from '../aborts.js'
import type { EventOptions } from '../api.js'
import { checkEventOptions } from './checks.js'

/** Events kept: a reader that is further behind is told what it missed. */
export const EVENTS_KEPT = 65_536

export class EventLog {
  private readonly ring: EspalierEvent[] = []
  /** Events ever appended. */
  private end = 0
  private readonly readers = new Set<Reader>()
  private readonly onListening: (listening: boolean) => void
  private tapped: ((event: EspalierEvent) => void) | null = null
  private closed = false

  /** @param onListening hears whether anybody reads: only then are events built */
  constructor(onListening: (listening: boolean) => void) {
    this.onListening = onListening
  }

  get isListening(): boolean {
    return this.readers.size > 0 || this.tapped !== null
  }

  /** From now `hear` is told of each event at once, and events are built until the end. One only; it must not throw. */
  tap(hear: (event: EspalierEvent) => void): void {
    if (!this.isListening && !this.closed) this.onListening(true)
    this.tapped = hear
  }

  append(events: readonly EspalierEvent[]): void {
    for (const event of events) {
      this.tapped?.(event)
      if (this.end >= EVENTS_KEPT) this.drop(this.ring[this.end % EVENTS_KEPT])
      this.ring[this.end % EVENTS_KEPT] = event
      this.end++
    }
    for (const reader of this.readers) reader.wake()
  }

  /** A reader from now, or from what `since` has seen. @throws {EspalierError} `invalid_input` */
  read(options: EventOptions): AsyncIterableIterator<EspalierEvent> {
    checkEventOptions(options)
    let unhear = () => {
      // Nothing is heard yet.
    }
    const reader = new Reader(this, options.since ? this.first : this.end, options.since ?? null, () => {
      // A signal may live for ever, its readers do not.
      unhear()
      this.leave(reader)
    })
    if (this.closed || options.signal?.aborted) reader.finish()
    else {
      this.readers.add(reader)
      if (this.readers.size === 1 && this.tapped === null) this.onListening(true)
      if (options.signal) unhear = onAbort(options.signal, () => reader.finish())
    }
    return reader
  }

  close(): void {
    this.closed = true
    for (const reader of [...this.readers]) reader.finish()
  }

  /** Position of the oldest event kept. */
  get first(): number {
    return Math.max(0, this.end - EVENTS_KEPT)
  }

  /** The event at a position that is kept, or undefined at the end. */
  at(position: number): EspalierEvent | undefined {
    return position < this.end ? this.ring[position % EVENTS_KEPT] : undefined
  }

  /** The oldest event gives way: readers that have not come to it miss it. */
  private drop(oldest: EspalierEvent): void {
    for (const reader of this.readers) reader.miss(oldest, this.first)
  }

  private leave(reader: Reader): void {
    if (this.readers.delete(reader) && !this.isListening && !this.closed) this.onListening(false)
  }
}

class Reader implements AsyncIterableIterator<EspalierEvent> {
  private readonly log: EventLog
  private position: number
  private readonly seen: Map<string, number>
  /** Services of which this reader has got an event. */
  private readonly told = new Set<string>()
  private readonly fromStart: boolean
  private readonly onFinish: () => void
  private waiting: ((result: IteratorResult<EspalierEvent>) => void)[] = []
  private finished = false

  constructor(log: EventLog, position: number, since: Readonly<Record<string, number>> | null, onFinish: () => void) {
    this.log = log
    this.position = position
    this.seen = new Map(Object.entries(since ?? {}))
    this.fromStart = since !== null
    this.onFinish = onFinish
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<EspalierEvent>> {
    const event = this.take()
    if (event !== null) return Promise.resolve({ done: false, value: event })
    if (this.finished) return Promise.resolve({ done: true, value: undefined })
    return new Promise(resolve => this.waiting.push(resolve))
  }

  return(): Promise<IteratorResult<EspalierEvent>> {
    this.finish()
    this.position = Number.POSITIVE_INFINITY
    return Promise.resolve({ done: true, value: undefined })
  }

  wake(): void {
    while (this.waiting.length > 0) {
      const event = this.take()
      if (event === null) return
      this.waiting.shift()?.({ done: false, value: event })
    }
  }

  /** The event at `position` leaves the ring. Of a service not heard of before, numbers count from it. */
  miss({ service, number }: EspalierEvent, position: number): void {
    if (this.position > position) return
    this.position = position + 1
    if (!this.fromStart && !this.seen.has(service)) this.seen.set(service, number - 1)
  }

  /** Ends once what is there has been read. */
  finish(): void {
    if (this.finished) return
    this.wake()
    this.finished = true
    for (const resolve of this.waiting) resolve({ done: true, value: undefined })
    this.waiting = []
    this.onFinish()
  }

  /** The next event this reader has not seen, or word of those it missed. */
  private take(): EspalierEvent | null {
    this.position = Math.max(this.position, this.log.first)
    for (let event = this.log.at(this.position); event !== undefined; event = this.log.at(this.position)) {
      const { service, number } = event
      // A name registered anew counts from 1 again.
      const isNew = event.kind === 'service_registered' && number === 1 && this.told.has(service)
      const last = isNew ? 0 : (this.seen.get(service) ?? (this.fromStart ? 0 : number - 1))
      if (number > last + 1) {
        this.seen.set(service, number - 1)
        const { atMs } = event
        return { kind: 'events_lost', service, number: number - 1, atMs, from: last + 1, to: number - 1 }
      }
      this.position++
      if (number <= last) continue
      this.seen.set(service, number)
      this.told.add(service)
      return event
    }
    return null
  }
}
