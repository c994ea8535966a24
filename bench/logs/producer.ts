/**
 * Writes lines to its stdout: `TOTAL_BYTES BYTES_A_SECOND LINE_BYTES FILE`, from when FILE.go is there. At the end it says in FILE how many
 * lines they were and how long it took, and waits to be ended. 0 bytes a second: as fast as it is let.
 */

import { existsSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const CHUNK_BYTES = 65_536
const STDOUT = 1
const POLL_MS = 5

const [totalBytes, bytesPerSecond, lineBytes] = process.argv.slice(2, 5).map(Number)
const file = process.argv[5]

const lines = Math.floor(CHUNK_BYTES / lineBytes)
const chunk = Buffer.from(`${'x'.repeat(lineBytes - 1)}\n`.repeat(lines))
while (!existsSync(`${file}.go`)) await delay(POLL_MS)
const begunMs = performance.now()
let written = 0
while (written < totalBytes) {
  for (let at = 0; at < chunk.length; ) {
    const more = write(at)
    if (more === 0) await delay(1)
    at += more
  }
  written += chunk.length
  const aheadMs = bytesPerSecond === 0 ? 0 : (written / bytesPerSecond) * 1000 - (performance.now() - begunMs)
  if (aheadMs > 1) await delay(aheadMs)
}
const said = { lines: (written / chunk.length) * lines, bytes: written, tookMs: performance.now() - begunMs }
writeFileSync(`${file}.part`, JSON.stringify(said))
renameSync(`${file}.part`, file)
setInterval(() => undefined, 1_000_000)

/** Bytes written; 0 where the pipe is full and was made one that does not wait. */
function write(at: number): number {
  try {
    return writeSync(STDOUT, chunk, at)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0
    throw error
  }
}
