/** Bytes of a process's output, cut into lines of bounded length. */

import { StringDecoder } from 'node:string_decoder'

/** Longest line that is passed on whole, in characters; a longer one comes in pieces of this length. */
export const LINE_LENGTH_MAX = 8192

export interface LineSplitter {
  /** The lines that these bytes complete, without their ends. */
  push(bytes: Buffer): readonly string[]
  /** What is left when the output ends without a newline. */
  end(): readonly string[]
}

/** A splitter for one stream; holds at most one line. Bytes that are no UTF-8 become replacement characters. */
export function createLineSplitter(): LineSplitter {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  return {
    push(bytes) {
      const pieces = (rest + decoder.write(bytes)).split('\n')
      rest = pieces.pop() ?? ''
      const lines = pieces.flatMap(line => inPieces(withoutReturn(line)))
      if (rest.length > LINE_LENGTH_MAX) {
        const whole = inPieces(rest)
        rest = whole.pop() ?? ''
        lines.push(...whole)
      }
      return lines
    },
    end() {
      const last = withoutReturn(rest + decoder.end())
      rest = ''
      return last === '' ? [] : inPieces(last)
    },
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function inPieces(line: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at === 0 || at < line.length; at += LINE_LENGTH_MAX)
    pieces.push(line.slice(at, at + LINE_LENGTH_MAX))
  return pieces
}
