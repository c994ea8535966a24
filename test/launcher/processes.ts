/** What tests of real processes share: waiting with a deadline, and proof that a process is gone. */

import { readdirSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { hasEnded, readIdentity } from '../../src/os/process.js'

/** The least that `sh` and `sleep` need. */
export const TEST_ENV: Readonly<Record<string, string>> = { PATH: process.env.PATH ?? '/usr/bin:/bin' }

/** Polls until `condition` holds; rejects naming `what` after `withinMs`. */
export async function until(what: string, condition: () => boolean, withinMs = 60_000): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await delay(5)
  }
}

/** True when `pid` runs; one that only waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  const identity = readIdentity(pid)
  return identity !== null && !hasEnded(identity)
}

/** The first line that comes out of `stream`, without its end; the stream stays usable. */
export function firstLine(stream: Readable): Promise<string> {
  return new Promise((settle, reject) => {
    let text = ''
    const take = (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) finish()
    }
    const finish = () => {
      stream.off('data', take)
      stream.off('end', finish)
      if (text.includes('\n')) settle(text.slice(0, text.indexOf('\n')))
      else reject(new Error(`ended without a line: '${text}'`))
    }
    stream.on('data', take)
    stream.on('end', finish)
  })
}

/** Everything that comes out of `stream` until its end. */
export async function readAll(stream: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}

/** Pids of living processes that have `variable`, `NAME=value`, in the environment they were started with. */
export function marked(variable: string): readonly number[] {
  const pids = readdirSync('/proc').map(Number)
  return pids.filter(pid => pid > 0 && isRunning(pid) && environmentOf(pid).includes(variable))
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch (error) {
    // It has ended since it was listed, or is another user's.
    if (error instanceof Error && 'syscall' in error) return []
    throw error
  }
}
