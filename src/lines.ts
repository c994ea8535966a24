/** The output of a child line by line, no faster than it is read, and nothing lost by a loop that ends early. */

import type { Readable } from 'node:stream'
import { EspalierError } from '../protocol/failures.js'
import { show } from '../protocol/show.js'
import type { LineOptions, SpawnedProcess } from './api.js'

/** Longest line that comes whole by default, in bytes. */
export const LINE_BYTES_MAX = 65_536

/** What may be asked for, in bytes: the longest character of UTF-8, and 16 MiB. */
const LINE_BYTES = { least: 4, most: 16 * 1024 * 1024 } as const

const NEWLINE = 0x0a
const RETURN = 0x0d
/** The longest end of a line, `\r\n`. */
const END_BYTES = 2

const NOTHING: Buffer = Buffer.alloc(0)

/** One output of a child, and what a loop that was left had not seen. */
interface Source {
  left: Buffer
  isRead: boolean
}

/** `lines()` of one child: each of its outputs is read by one loop at a time. */
export function createLineReaders(
  child: Pick<SpawnedProcess, 'name' | 'stdout' | 'stderr'>,
): (options?: LineOptions | null) => AsyncIterableIterator<string> {
  const sources = { stdout: { left: NOTHING, isRead: false }, stderr: { left: NOTHING, isRead: false } }
  return options => {
    const { from, bytesMax } = checked(options ?? {})
    return readLines(sources[from], () => child[from], bytesMax, `the ${from} of child '${child.name}'`)
  }
}

async function* readLines(
  source: Source,
  open: () => Readable | null,
  bytesMax: number,
  what: string,
): AsyncGenerator<string, void> {
  if (source.isRead) throw invalid(`another loop reads ${what}; end it first, or read in that one`)
  source.isRead = true
  const parts: Buffer[] = []
  const { left } = source
  source.left = NOTHING
  let rest = NOTHING
  let size = 0
  try {
    for await (const chunk of chunksOf(open(), left)) {
      parts.push(chunk)
      size += chunk.length
      // Put together only when there is something to take: a long line costs no more than its length.
      if (size < bytesMax + END_BYTES && !chunk.includes(NEWLINE)) continue
      rest = Buffer.concat(parts.splice(0))
      for (let line = nextLine(rest, bytesMax); line !== null; line = nextLine(rest, bytesMax)) {
        rest = rest.subarray(line.taken)
        yield line.bytes.toString()
      }
      parts.push(rest)
      size = rest.length
    }
    rest = Buffer.concat(parts.splice(0))
    while (rest.length > 0) {
      const { bytes, taken } = nextLine(rest, bytesMax) ?? lastLine(rest, bytesMax)
      rest = rest.subarray(taken)
      yield bytes.toString()
    }
  } finally {
    source.left = parts.length > 0 ? Buffer.concat(parts) : rest
    source.isRead = false
  }
}

/** What was left, then what comes. A loop that is left leaves the stream as it is. */
async function* chunksOf(output: Readable | null, left: Buffer): AsyncGenerator<Buffer, void> {
  if (left.length > 0) yield left
  if (output === null || output.readableEnded) return
  for await (const chunk of output.iterator({ destroyOnReturn: false }))
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

/** The first line of `bytes`, or a piece of one that is too long; null when it is not whole yet. */
function nextLine(bytes: Buffer, bytesMax: number): { readonly bytes: Buffer; readonly taken: number } | null {
  const end = bytes.subarray(0, bytesMax + END_BYTES).indexOf(NEWLINE)
  if (end >= 0) {
    const line = withoutReturn(bytes.subarray(0, end))
    if (line.length <= bytesMax) return { bytes: line, taken: end + 1 }
  }
  // A line of exactly the most, and its end, may still come.
  if (bytes.length < bytesMax + END_BYTES) return null
  const cut = characterBefore(bytes, bytesMax)
  return { bytes: bytes.subarray(0, cut), taken: cut }
}

/** The last place at or before `at` where a character begins; `at` itself in what is no UTF-8. */
function characterBefore(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) if ((bytes[at - back] & 0xc0) !== 0x80) return Math.max(at - back, 1)
  return at
}

function withoutReturn(line: Buffer): Buffer {
  return line[line.length - 1] === RETURN ? line.subarray(0, -1) : line
}

/** The output has ended without a newline. */
function lastLine(bytes: Buffer, bytesMax: number): { readonly bytes: Buffer; readonly taken: number } {
  const line = withoutReturn(bytes)
  if (line.length <= bytesMax) return { bytes: line, taken: bytes.length }
  const cut = characterBefore(bytes, bytesMax)
  return { bytes: bytes.subarray(0, cut), taken: cut }
}

function checked({ from, lineBytesMax }: LineOptions): { from: 'stdout' | 'stderr'; bytesMax: number } {
  const name = from ?? 'stdout'
  if (name !== 'stdout' && name !== 'stderr') throw invalid(`option from is ${show(from)}; it takes stdout or stderr`)
  const bytesMax = lineBytesMax ?? LINE_BYTES_MAX
  const { least, most } = LINE_BYTES
  if (!(Number.isInteger(bytesMax) && bytesMax >= least && bytesMax <= most)) {
    throw invalid(
      `option lineBytesMax is ${show(lineBytesMax)}; it takes a whole number of bytes from ${least} to ${most}`,
    )
  }
  return { from: name, bytesMax }
}

function invalid(message: string): EspalierError {
  return new EspalierError('invalid_input', message)
}
