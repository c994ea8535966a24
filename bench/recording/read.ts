/** A recording: what `espalier events --json` has printed, a line an event. */

import { readFileSync } from 'node:fs'
import type { EspalierEvent } from '../../protocol/events.js'
import type { LimitsInput } from '../../protocol/limits.js'
import { type ChronicleEntry, parseCursor } from '../../protocol/wire/chronicle.js'

export interface Recording {
  readonly entries: readonly ChronicleEntry[]
  /** What each service was registered with last. */
  readonly limits: ReadonlyMap<string, LimitsInput>
  /** Answers that the entries hold: grants and refusals. */
  readonly requests: number
}

/** Larger files are not read, in bytes: the chronicle of a daemon keeps 65,536 entries. */
const BYTES_MAX = 256 * 1024 * 1024

/** @throws {RangeError} naming the file, the line and the way out */
export function readRecording(file: string): Recording {
  const text = readText(file)
  const lines = text.split('\n').filter(line => line !== '')
  const entries = lines.map((line, at) => readEntry(line, `${file}:${at + 1}`))
  const limits = new Map<string, LimitsInput>()
  for (const { event } of entries) if (event.kind === 'service_registered') limits.set(event.service, event.limits)
  const requests = entries.filter(({ event: { kind } }) => kind === 'spawn_granted' || kind === 'spawn_refused').length
  if (requests === 0) throw new RangeError(`${file} holds no request: record with "espalier events -q --json"`)
  if (limits.size === 0) throw new RangeError(`${file} holds no service_registered: record from the start of a service`)
  return { entries, limits, requests }
}

function readText(file: string): string {
  try {
    const bytes = readFileSync(file)
    if (bytes.length > BYTES_MAX) throw new RangeError(`${file} is larger than ${BYTES_MAX} bytes; record less`)
    return bytes.toString('utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new RangeError(`--recording ${file} cannot be read: ${error.message}`, { cause: error })
  }
}

function readEntry(line: string, where: string): ChronicleEntry {
  const parsed = parsedAt(line, where)
  const { v: _, cursor, at, ...event } = parsed
  const place = parseCursor(String(cursor))?.place
  if (place === undefined || typeof at !== 'number' || typeof event.kind !== 'string') {
    throw new RangeError(`${where} is no event: record with "espalier events -q --json"`)
  }
  return { place, at, event: event as unknown as EspalierEvent }
}

function parsedAt(line: string, where: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(line)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new RangeError(`${where} is no JSON: ${error.message}`, { cause: error })
  }
}
