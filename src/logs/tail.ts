/** The log of one service, read from some place on, across its files as they come and go. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type LogFile, logFilesIn } from './folder.js'
import { Joiner } from './join.js'
import { type LogLine, parsePiece } from './line.js'

/** Read of one file at a time, in bytes. */
const READ_BYTES = 65_536

/** A line without an end that is longer than this is none of a keeper's, in bytes: it is taken as it is. */
const REST_BYTES_MAX = 131_072

const NEWLINE = 0x0a

/** A file that is followed: removed ones too, until they have been read. */
interface Followed {
  readonly number: number
  readonly fd: number
  offset: number
  /** The beginning of a line. */
  rest: Buffer
  /** It was not there when it was looked for last. */
  isGone: boolean
}

/** Where reading begins: with the oldest line, with what was written since (Unix ms), or with what comes from now on. */
export type LogStart = 'oldest' | 'now' | { readonly sinceMs: number }

export class LogTail {
  readonly service: string
  readonly #folder: string
  readonly #joiner: Joiner
  readonly #chunk = Buffer.allocUnsafe(READ_BYTES)
  #files: Followed[] = []
  #highest = 0
  #missing = 0
  #time = ''

  /** @throws a system error for files that are there and cannot be read */
  constructor(service: string, folder: string, start: LogStart) {
    this.service = service
    this.#folder = folder
    this.#joiner = new Joiner(service)
    const isWanted = ({ mtimeMs }: { readonly mtimeMs: number }) =>
      typeof start === 'string' || mtimeMs >= start.sinceMs
    this.#look(isWanted)
    this.#missing = 0
    if (start !== 'now') return
    for (const file of this.#files) file.offset = fstatSync(file.fd).size
  }

  /** Files that were gone before they were read, since this was asked last. */
  get missing(): number {
    const missing = this.#missing
    this.#missing = 0
    return missing
  }

  /** The lines that come next, of some 64 KiB; none: nothing more has been written. */
  next(): readonly LogLine[] {
    const lines = this.#read()
    if (lines !== null) return lines
    // What is written to a file before its successor is begun is there when the successor is seen.
    this.#look(() => true)
    return this.#read() ?? []
  }

  /** Lines that have no end yet, as they are. */
  flush(): readonly LogLine[] {
    return this.#joiner.flush()
  }

  close(): void {
    for (const { fd } of this.#files) closeSync(fd)
    this.#files = []
  }

  /** Null when every file is at its end. */
  #read(): readonly LogLine[] | null {
    for (const file of this.#files) {
      for (;;) {
        const got = readSync(file.fd, this.#chunk, 0, READ_BYTES, file.offset)
        if (got === 0) break
        file.offset += got
        const lines = this.#take(file, this.#chunk.subarray(0, got))
        if (lines.length > 0) return lines
      }
    }
    return null
  }

  #take(file: Followed, bytes: Buffer): readonly LogLine[] {
    const all = file.rest.length === 0 ? bytes : Buffer.concat([file.rest, bytes])
    const lines: LogLine[] = []
    let at = 0
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE, at)) {
      this.#add(lines, all.subarray(at, end))
      at = end + 1
    }
    if (all.length - at > REST_BYTES_MAX) {
      this.#add(lines, all.subarray(at))
      at = all.length
    }
    // A copy: the chunk is read into again, and what is joined later must not change.
    file.rest = at === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(at))
    return lines
  }

  #add(lines: LogLine[], bytes: Buffer): void {
    const piece = parsePiece(bytes)
    // Half a line that a crash left, or something else's. It is shown: whoever looks for damage must see it.
    const { time, goesOn } = piece ?? { time: this.#time, goesOn: false }
    this.#time = time
    const one = piece ?? { time, label: '-', pid: 0, stream: 'out' as const, goesOn, text: bytes }
    lines.push(...this.#joiner.push(goesOn ? { ...one, text: Buffer.from(one.text) } : one))
  }

  /** Takes in new files, and lets go of those that were removed and have been read. */
  #look(isWanted: (stat: { readonly mtimeMs: number }) => boolean): void {
    const found = logFilesIn(this.#folder)
    const there = new Set(found.map(({ number }) => number))
    // Called when all are at their ends; what was removed is read once more after that.
    for (const { fd, isGone } of this.#files) if (isGone) closeSync(fd)
    this.#files = this.#files.filter(({ isGone }) => !isGone)
    for (const file of this.#files) file.isGone = !there.has(file.number)
    for (const file of found) {
      if (file.number <= this.#highest) continue
      if (this.#highest > 0) this.#missing += file.number - this.#highest - 1
      this.#highest = file.number
      const fd = openFile(file)
      if (fd === null) this.#missing++
      else if (isWanted(fstatSync(fd)))
        this.#files.push({ number: file.number, fd, offset: 0, rest: Buffer.alloc(0), isGone: false })
      else closeSync(fd)
    }
  }
}

/** Null: it has been removed since it was listed. */
function openFile({ path }: LogFile): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
