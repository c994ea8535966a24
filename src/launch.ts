/** The port through which processes start and end. `portable` implements it with `node:child_process`. */

import type { Readable, Writable } from 'node:stream'
import type { Exit } from '../protocol/children.js'
import type { TerminationReason } from '../protocol/events.js'

/** What to launch. The environment is whole: nothing is inherited. */
export interface LaunchRequest {
  readonly service: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string | undefined
  /** `pipe` gives the caller streams; `ignore` is /dev/null. */
  readonly stdin: 'pipe' | 'ignore'
}

/** A running process that this launcher owns. */
export interface LaunchedProcess {
  readonly pid: number
  /** Kernel start ticks; null where there is no /proc. */
  readonly startTicks: number | null
  readonly stdin: Writable | null
  readonly stdout: Readable
  readonly stderr: Readable
  /** Signals this very process; false when it has ended. */
  signal(signal: NodeJS.Signals | number): boolean
  /** Resolves once it was reaped; never rejects. `reason` is the order it died of, else `self` or `signal`. */
  readonly exited: Promise<Exit>
}

/** Starts processes, and ends exactly those. */
export interface Launcher {
  /** Rejects with `launch_failed` naming the command, the errno and the step. */
  launch(request: LaunchRequest): Promise<LaunchedProcess>
  /**
   * Ends those of `pids` that it launched (others are ignored): TERM to each, and KILL after `graceMs` (ms).
   * Resolves when all of them have been reaped.
   */
  end(pids: readonly number[], reason: TerminationReason, graceMs: number): Promise<void>
  /** Ends everything of one service that it launched, or everything at all. */
  endAll(service: string | null, graceMs: number): Promise<void>
  /** Pids that it launched and that are not reaped yet. */
  living(service?: string): readonly number[]
}
