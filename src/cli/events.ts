/** `espalier events`: what happened, event by event, and with `--follow` what comes. */

import { setTimeout as delay } from 'node:timers/promises'
import { isName } from '../../protocol/ids.js'
import { show } from '../../protocol/show.js'
import { type ChronicleEntry, type Cursor, cursorText } from '../../protocol/wire/chronicle.js'
import type { Client, EventsFrom } from '../client/connect.js'
import { ClientError } from '../client/errors.js'
import type { EventBatch } from '../client/events.js'
import { redact } from '../terminal/redact.js'
import { eventLine } from './event-lines.js'
import { EXIT } from './exit-codes.js'
import { UsageError } from './failing.js'
import { jsonLine } from './json.js'
import { clientOf, type DaemonOptions } from './place.js'
import { BARE, type Manner, print, type ReadingOptions } from './print.js'

export interface EventsOptions extends DaemonOptions, ReadingOptions {
  readonly follow: boolean
  /** A place in the chronicle, or Unix ms. */
  readonly since?: Cursor | number
}

/** Between two attempts to reach a daemon that was lost, in ms. */
const AGAIN_MS = 200

/**
 * Prints events, each at least once. With `follow`, when the daemon is gone without a word, another one has the time-out to
 * appear, and is asked for what comes behind the last event printed.
 */
export async function eventsCommand(service: string | undefined, options: EventsOptions): Promise<number> {
  if (service !== undefined && !isName(service)) {
    throw new UsageError(`${show(service)} is no service's name: give one that "espalier tree" shows`)
  }
  const client = clientOf(options)
  const printer = new Printer(service ?? null, options)
  let from = begin(options.since)
  let lostMs: number | null = null
  for (;;) {
    try {
      if (!(await readOn(client, from, options.follow, printer, () => (lostMs = null)))) return EXIT.ok
      break
    } catch (error) {
      if (!options.follow || printer.cursor === null || !isLost(error)) throw error
      lostMs ??= performance.now()
      if (performance.now() - lostMs > options.timeout) throw error
      from = { after: printer.cursor }
      await delay(AGAIN_MS)
    }
  }
  await printer.end()
  return EXIT.ok
}

/** Reads to the end; false when nobody reads what we print any more. */
async function readOn(
  client: Client,
  from: EventsFrom,
  follow: boolean,
  printer: Printer,
  onReached: () => void,
): Promise<boolean> {
  for await (const batch of client.events(from, follow)) {
    onReached()
    if (!(await printer.print(batch))) return false
  }
  return true
}

function begin(since: Cursor | number | undefined): EventsFrom {
  if (since === undefined) return {}
  return typeof since === 'number' ? { since } : { after: since }
}

function isLost(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'unreachable'
}

/** Refusals and orders to end stand out. */
const MANNER: Manner = {
  isCut: true,
  style: line => (/^\S+ {2}\S+ #\d+ {2}(?:refused|to end|events \d)/.test(line) ? 'near' : 'plain'),
}

class Printer {
  /** Behind the last entry that was read, printed or not. */
  cursor: Cursor | null = null
  private readonly service: string | null
  private readonly options: EventsOptions

  constructor(service: string | null, options: EventsOptions) {
    this.service = service
    this.options = options
  }

  async print({ chronicle, place, missed, entries }: EventBatch): Promise<boolean> {
    const lines = missed > 0 && (this.options.json || !this.options.quiet) ? [this.missedLine(missed)] : []
    for (const entry of entries) {
      if (this.service !== null && entry.event.service !== this.service) continue
      lines.push(this.line(entry, { chronicle, place: entry.place }))
    }
    this.cursor = { chronicle, place }
    return this.put(lines)
  }

  /** Tells a person how to go on; a program has a cursor with each event. */
  async end(): Promise<void> {
    if (!this.options.json && !this.options.quiet && this.cursor !== null) {
      await this.put([`go on behind these: --since ${cursorText(this.cursor)}`])
    }
  }

  private line(entry: ChronicleEntry, cursor: Cursor): string {
    if (!this.options.json) return eventLine(entry)
    return jsonLine({ cursor: cursorText(cursor), at: entry.at, ...withoutSecrets(entry) })
  }

  private missedLine(missed: number): string {
    if (this.options.json) return jsonLine({ kind: 'events_missed', missed })
    return `${missed} older events are kept no more`
  }

  private put(lines: readonly string[]): Promise<boolean> {
    return print(lines, this.options.json ? BARE : MANNER, this.options)
  }
}

function withoutSecrets({ event }: ChronicleEntry): object {
  if (!('child' in event)) return event
  return { ...event, child: { ...event.child, command: redact(event.child.command) } }
}
