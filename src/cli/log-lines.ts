/** Lines of logs for people and for programs; what a child said can do nothing to a terminal. */

import { getSystemErrorName } from 'node:util'
import { type LogLine, parseLost } from '../logs/line.js'
import { harmless } from '../terminal/harmless.js'
import { redactSaid } from '../terminal/redact.js'
import { jsonLine } from './json.js'

/** `web:worker | text`, as `run` shows it. */
export function logLineText(line: LogLine): string {
  return `${line.label} | ${textOf(line)}`
}

/** `TIME web:worker[4711] | text`; what went to stderr has `!` for `|`. */
export function timedLineText(line: LogLine): string {
  const who = line.pid === 0 ? line.label : `${line.label}[${line.pid}]`
  return `${line.time} ${who} ${line.stream === 'err' ? '!' : '|'} ${textOf(line)}`
}

/** The text alone. */
export function bareLineText(line: LogLine): string {
  return textOf(line)
}

/** One JSON object. */
export function logLineJson(line: LogLine): string {
  const { time, service, label, pid, stream, text } = line
  const lost = stream === 'lost' ? parseLost(text) : null
  if (lost !== null) {
    const { lines, bytes, errno } = lost
    return jsonLine({ kind: 'lost', time, service, lines, bytes, error: errorName(errno) })
  }
  const name = label.startsWith(`${service}:`) ? label.slice(service.length + 1) : null
  return jsonLine({ kind: 'line', time, service, name, pid, stream, text: redactSaid(text) })
}

/** That files of a log were gone before they were read. */
export function missedText(service: string, files: number): string {
  return `espalier | lines of ${service} are missing here: ${files} log files were full and gone before they were read`
}

/** The same for programs. */
export function missedJson(service: string, files: number): string {
  return jsonLine({ kind: 'missed', service, files })
}

function textOf({ stream, text }: LogLine): string {
  const lost = stream === 'lost' ? parseLost(text) : null
  if (lost === null) return harmless(redactSaid(text))
  return `${lost.lines} lines (${lost.bytes} bytes) are missing here: the disk took none (${errorName(lost.errno)})`
}

/** `ENOSPC` of 28. */
function errorName(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : 'unknown'
}
