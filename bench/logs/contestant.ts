/** The process of the case `logs`: `WAY TOTAL_BYTES BYTES_A_SECOND LINE_BYTES`. A program writes lines, and the way takes them to a file. */

import {
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { cpuUsOf } from '../fork-storm/cpu.js'
import { tell } from '../harness/one-answer.js'
import { WAYS, type WayName } from './ways.js'

const PRODUCER = fileURLToPath(new URL('./producer.js', import.meta.url))
const POLL_MS = 20
/** Longest that the program may write, in ms. */
const WRITING_MS = 90_000
/** Longest that lines may be under way after the last was written, in ms. */
const ARRIVAL_MS = 10_000
const NEWLINE = 0x0a
const BLOCK_BYTES = 2 ** 20
const US_A_MS = 1000
const MB = 1e6

const [way, total, rate, line] = process.argv.slice(2)

void tell(async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'espalier-bench-logs-')))
  try {
    const said = join(folder, 'said')
    const reader = await WAYS[way as WayName](folder, [process.execPath, PRODUCER, total, rate, line, said])
    try {
      const before = cpuUsOf(reader.pid)
      writeFileSync(`${said}.go`, '')
      for (const endMs = performance.now() + WRITING_MS; !existsSync(said); await delay(POLL_MS)) {
        if (performance.now() > endMs) throw new Error(`the program has not written all within ${WRITING_MS} ms`)
      }
      const { lines, bytes, tookMs } = JSON.parse(readFileSync(said, 'utf8'))
      // What is still in the pipe; a file that grows no more has all that will ever come.
      const begunMs = performance.now()
      const size = () => reader.files().reduce((sum, file) => sum + statSync(file).size, 0)
      for (let seen = -1; seen !== size() && performance.now() - begunMs < ARRIVAL_MS; await delay(5 * POLL_MS)) {
        seen = size()
      }
      const cpuMs = (cpuUsOf(reader.pid) - before) / US_A_MS
      const arrived = reader.files().reduce((sum, file) => sum + textLines(file), 0)
      return {
        megabytesPerSecond: bytes / MB / (tookMs / 1000),
        coreShare: cpuMs / tookMs,
        cpuMsAMegabyte: cpuMs / (bytes / MB),
        lostLines: lines - arrived,
      }
    } finally {
      await reader.end()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Ends of lines that the program wrote: a piece of a line that goes on in the next is told from them by its mark. */
function textLines(file: string): number {
  const fd = openSync(file, 'r')
  const block = Buffer.alloc(BLOCK_BYTES)
  let count = 0
  let rest = ''
  for (let got = readSync(fd, block); got > 0; got = readSync(fd, block)) {
    const isLog = file.endsWith('.log')
    if (!isLog) {
      for (let at = block.indexOf(NEWLINE); at >= 0 && at < got; at = block.indexOf(NEWLINE, at + 1)) count++
      continue
    }
    const pieces = (rest + block.toString('latin1', 0, got)).split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) if (/^\S+ writer \d+ out /.test(piece)) count++
  }
  return count
}
