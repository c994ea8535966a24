/** Entries of a daemon's chronicle of events, and the cursors that name places in it. */

import type { EspalierEvent } from '../events.js'

/** One event as the daemon keeps it. */
export interface ChronicleEntry {
  /** Its place in the chronicle, from 1, without gaps. */
  readonly place: number
  /** Unix ms when the daemon heard of it. */
  readonly at: number
  readonly event: EspalierEvent
}

/** A place in one chronicle: what comes behind it has not been read. */
export interface Cursor {
  /** Which chronicle: one that was begun anew has another. */
  readonly chronicle: string
  readonly place: number
}

/** Entries in one answer. */
export const ENTRIES_PER_ANSWER = 128

const CURSOR = /^@([a-z0-9]{8})-(\d{1,15})$/

/** As people and programs pass it on: `@` chronicle `-` place, such as `@k3v9q1xz-17`. */
export function cursorText({ chronicle, place }: Cursor): string {
  return `@${chronicle}-${place}`
}

/** Whether it is the text of a cursor. */
export function isCursor(value: unknown): value is string {
  return typeof value === 'string' && CURSOR.test(value)
}

/** The cursor of a text; null for what is none. */
export function parseCursor(text: string): Cursor | null {
  const found = CURSOR.exec(text)
  return found === null ? null : { chronicle: found[1], place: Number(found[2]) }
}
