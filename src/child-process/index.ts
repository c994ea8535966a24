/**
 * `espalier/child-process`: `spawn`, `exec`, `execFile` and `fork` of `node:child_process` within a budget. What they take and give
 * is Node's own, the very `ChildProcess`: one import moves code that is there. A refusal is the child's `error` event, as ENOENT is:
 * a `SpawnDenied` whose `code` is the refusal's. Nothing here waits, and no thread is started.
 */

import * as node from 'node:child_process'
import type { LimitsInput } from '../../protocol/limits.js'
import type { Supervisor } from '../api.js'
import { budget, SERVICE } from './budget.js'
import { within } from './within.js'

export { ChildProcess } from 'node:child_process'
export { SpawnDenied } from '../../protocol/failures.js'

/** As `spawn` of `node:child_process`. */
export const spawn: typeof node.spawn = within(node.spawn, file => file)

/** As `execFile` of `node:child_process`; refused, its callback gets the `SpawnDenied`. */
export const execFile: typeof node.execFile = within(node.execFile, file => file)

/** As `exec` of `node:child_process`; what is recorded is the shell that runs the command. */
export const exec: typeof node.exec = within(node.exec, command => command.trim().split(/\s/)[0])

/** As `fork` of `node:child_process`. */
export const fork: typeof node.fork = within(node.fork, module => module)

/**
 * Sets the limits of this process's children, all of them anew: what is not named gets its default (docs/LIMITS.md). They hold when
 * this returns. Until it is called every limit has its default: ten spawns a second, 100 children at a time.
 * `totalMemory` is not acted on: nobody measures. @throws {EspalierError} `invalid_input`, as a rejection
 */
export function setLimits(limits: LimitsInput): Promise<void> {
  return budget().registerService(SERVICE, limits)
}

/** The books: events, metrics, limits of the service `child-process`. Closing it refuses every later spawn. */
export function supervisor(): Supervisor {
  return budget()
}
