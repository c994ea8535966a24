/** Real processes for tests: whether one runs, what it says, and the end of what a test started. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { Test } from 'tap'

/** How long a process may take to do what is waited for, in ms. */
const DEADLINE_MS = 60_000

/** True while the pid is a process that has not ended (a zombie has). */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !/^\d+ \(.*\) [ZX]/s.test(stat)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return false
    throw error
  }
}

/** Polls until the condition holds; rejects after `withinMs`, naming it. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = DEADLINE_MS,
): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/** All that a stream says until it ends. */
export async function textOf(stream: Readable | null): Promise<string> {
  let text = ''
  if (stream !== null) for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return text
}

/** Resolves when the stream has said this. */
export async function hears(stream: Readable | null, part: string): Promise<void> {
  let text = ''
  stream?.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  await eventually(`hear ${part}`, () => text.includes(part))
}

/** A process of the test's own; it is ended by pid, and proved gone, when the test ends. */
export function startSleep(t: Test): ChildProcess & { readonly pid: number } {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: {} })
  const { pid } = child
  if (pid === undefined) throw new Error('sleep did not start')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await eventually(`${pid} is gone`, () => !isRunning(pid))
  })
  return Object.assign(child, { pid })
}
