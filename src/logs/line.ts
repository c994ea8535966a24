/** One line of a log file, as the keeper wrote it. */

/** Where a text came from; `lost` is the keeper's own word that lines are missing. */
export type LogStream = 'out' | 'err' | 'lost'

/** What was said of a piece: when (ISO 8601, UTC, so that texts sort as times do), by whom. */
export interface LogHead {
  readonly time: string
  /** `service`, or `service:child`; `-` for the keeper's own. */
  readonly label: string
  readonly pid: number
  readonly stream: LogStream
}

/** A line of a file: a whole line of output, or with `goesOn` the beginning of one. */
export interface LogPiece extends LogHead {
  readonly goesOn: boolean
  readonly text: Buffer
}

/** A whole line of output. */
export interface LogLine extends LogHead {
  readonly service: string
  readonly text: string
}

/** The longest head: time, label of 129 characters, pid, stream, and what stands between them. */
const HEAD_BYTES_MAX = 176

const HEAD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([A-Za-z0-9._:-]{1,129}) (\d{1,10}) (out|err|lost)(\+?) /

/** The piece that `bytes`, a line without its end, is; null for what no keeper has written. */
export function parsePiece(bytes: Buffer): LogPiece | null {
  const found = HEAD.exec(bytes.toString('latin1', 0, Math.min(bytes.length, HEAD_BYTES_MAX)))
  if (found === null) return null
  const [head, time, label, pid, stream, goesOn] = found
  const text = bytes.subarray(head.length)
  return { time, label, pid: Number(pid), stream: stream as LogStream, goesOn: goesOn !== '', text }
}

/** What a `lost` says: how many lines and bytes, and the errno of the disk. Null: it says nothing that is understood. */
export function parseLost(
  text: string,
): { readonly lines: number; readonly bytes: number; readonly errno: number } | null {
  const found = /^(\d{1,16}) (\d{1,16}) (\d{1,5})$/.exec(text)
  return found === null ? null : { lines: Number(found[1]), bytes: Number(found[2]), errno: Number(found[3]) }
}
