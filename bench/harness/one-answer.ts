/** The one way to ask a process of its own: it finds something out, says it, and ends. */

import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Longest it may take, in ms. */
const PATIENCE_MS = 600_000

/** The file of a process, and what it is told at its birth. */
export interface Question {
  readonly name: string
  readonly file: URL
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

type Said<T> = { readonly answer: T } | { readonly failed: string }

/** Starts the process and gives what it says. @throws {Error} naming it, when it fails, dies or is silent */
export async function hear<T>({ name, file, args, env = {}, execArgv = [] }: Question): Promise<T> {
  const child = fork(file, args, {
    env: { ...process.env, ...env },
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    timeout: PATIENCE_MS,
  })
  const gone = once(child, 'exit')
  const dead = gone.then(([code, signal]): never => {
    throw new Error(`${name} ended (${signal ?? code}) before it answered`)
  })
  dead.catch(() => undefined)
  try {
    const [said] = (await Promise.race([once(child, 'message'), dead])) as [Said<T>]
    if ('failed' in said) throw new Error(`${name} failed: ${said.failed}`)
    return said.answer
  } finally {
    child.kill('SIGKILL')
    await gone
  }
}

/**
 * The other side: says what it found, or that it failed, and ends. It goes on though nobody waits any more (the bench has died,
 * or a terminal's Ctrl-C reached both), so that whoever starts processes comes to where he ends them.
 */
export async function tell<T>(find: () => Promise<T>): Promise<void> {
  process.on('SIGINT', () => undefined)
  let said: Said<T>
  try {
    said = { answer: await find() }
  } catch (error) {
    said = { failed: error instanceof Error ? String(error.stack) : String(error) }
  }
  if (process.connected) process.send?.(said, () => process.disconnect())
}
