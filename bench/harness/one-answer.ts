/** A process that says one thing and ends: for what is counted once, not timed in rounds. */

import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Longest it may take, in ms. */
const PATIENCE_MS = 600_000

type Said<T> = { readonly answer: T } | { readonly failed: string }

/** Starts a process of this file and gives what it says. @throws {Error} naming it, when it fails or dies */
export async function hear<T>(name: string, file: URL, args: readonly string[]): Promise<T> {
  const child = fork(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], timeout: PATIENCE_MS })
  const gone = once(child, 'exit')
  const dead = gone.then(([code, signal]): never => {
    throw new Error(`${name} ended (${signal ?? code}) before it answered`)
  })
  dead.catch(() => undefined)
  const [said] = (await Promise.race([once(child, 'message'), dead])) as [Said<T>]
  child.kill('SIGKILL')
  await gone
  if ('failed' in said) throw new Error(`${name} failed: ${said.failed}`)
  return said.answer
}

/** The other side: says what it found, or that it failed. The one who hears it ends this process. */
export async function tell<T>(find: () => Promise<T>): Promise<void> {
  try {
    const answer = await find()
    process.send?.({ answer } satisfies Said<T>)
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
