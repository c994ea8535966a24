/** A function of `node:child_process` that asks first. */

import type { ChildProcess } from 'node:child_process'
import { promisify } from 'node:util'
import { SpawnDenied } from '../../protocol/failures.js'
import { nameOf } from '../service.js'
import { budget, record, SERVICE } from './budget.js'
import { refusedChild } from './refused.js'

/** Longest command line that is recorded, in characters. */
const COMMAND_LENGTH_MAX = 4096

type Start = (...args: never[]) => ChildProcess

/** `start`, asked for first, with the same types and promises. `nameFrom`: the program in the first argument. */
export function within<F extends Start>(start: F, nameFrom: (first: string) => string): F {
  const asking = (...args: readonly unknown[]): ChildProcess => {
    const [first] = args
    // Node says what is wrong with it.
    if (typeof first !== 'string') return Reflect.apply(start, undefined, args)
    const name = nameOf(nameFrom(first))
    const answer = budget().admission.inServiceAtOnce(SERVICE, name)
    if (!answer.ok) return refusedChild(start.name, args, new SpawnDenied(answer))
    const child = started(answer.ticket, () => Reflect.apply(start, undefined, args))
    const command = [first, ...listOf(args[1])].join(' ').slice(0, COMMAND_LENGTH_MAX)
    if (child.pid === undefined) budget().cast.releaseTicket(answer.ticket)
    else record(child, child.pid, name, command, answer.ticket)
    return child
  }
  Object.defineProperty(asking, 'name', { value: start.name })
  // Node's own promises would start without asking.
  if (promisify.custom in start) Object.defineProperty(asking, promisify.custom, { value: promised(asking) })
  // Its overloads are those of what it calls: it looks at the first argument alone.
  return asking as Start as F
}

/** What throws was not started. */
function started(ticket: number, start: () => ChildProcess): ChildProcess {
  try {
    return start()
  } catch (error) {
    budget().cast.releaseTicket(ticket)
    throw error
  }
}

type Callback = (error: Error | null, stdout: unknown, stderr: unknown) => void

/** As Node promises `exec` and `execFile`: `{ stdout, stderr }`, which an error has too, and the child beside the promise. */
function promised(start: (...args: unknown[]) => ChildProcess) {
  return (...args: unknown[]) => {
    let settle: Callback = () => undefined
    const promise = new Promise((resolve, reject) => {
      settle = (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr })
        else reject(Object.assign(error, { stdout, stderr }))
      }
    })
    const callback: Callback = (error, stdout, stderr) => settle(error, stdout, stderr)
    return Object.assign(promise, { child: start(...args, callback) })
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
