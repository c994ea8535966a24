/** What is known about one recorded process. */

/** Why a process ended. */
export const EXIT_REASONS = ['self', 'signal', 'ttl', 'quota', 'cascade', 'stop', 'oom', 'unknown'] as const
export type ExitReason = (typeof EXIT_REASONS)[number]

/** `spawned`: asked for and recorded. `peripheral`: found by looking, an undeclared fork. */
export const CHILD_KINDS = ['spawned', 'peripheral'] as const
export type ChildKind = (typeof CHILD_KINDS)[number]

/** How a process ended; fields are null where unknown. */
export interface Exit {
  readonly exitCode: number | null
  /** Signal number, 1..127. */
  readonly signal: number | null
  /** Unix ms. */
  readonly finishedAt: number
  readonly reason: ExitReason
}

/** What a caller says of an exit; every field may be absent or null. */
export interface ExitInput {
  readonly exitCode?: number | null
  readonly signal?: number | null
  /** Unix ms; default now. */
  readonly finishedAt?: number | null
  /** Default `signal` with a signal, `self` with an exit code, else `unknown`. */
  readonly reason?: ExitReason | null
  /** Kernel start ticks (field 22 of `/proc/PID/stat`): another process's ticks are ignored. */
  readonly startTicks?: number | null
}

/** A node of a spawn tree. */
export interface Child {
  readonly name: string
  readonly pid: number
  /** Kernel start ticks; null when nobody said. */
  readonly startTicks: number | null
  readonly parentPid: number
  readonly command: string
  /** Unix ms. */
  readonly startedAt: number
  readonly ttlMs: number | null
  readonly depth: number
  readonly cpuPercent: number | null
  readonly rssBytes: number | null
  readonly lastExit: Exit | null
  readonly user: string | null
  readonly kind: ChildKind
}

/** What a caller says of a child; only `name` and `pid` are needed. */
export interface ChildInput {
  readonly name: string
  readonly pid: number
  readonly startTicks?: number | null
  readonly parentPid?: number | null
  readonly command?: string | null
  readonly startedAt?: number | null
  readonly ttlMs?: number | null
  readonly depth?: number | null
  readonly cpuPercent?: number | null
  readonly rssBytes?: number | null
  readonly lastExit?: ExitInput | null
  readonly user?: string | null
  readonly kind?: ChildKind | null
}

/** A reason as it crosses lanes: its place in `EXIT_REASONS`, from 1; 0 for none. */
export function reasonNumber(reason: ExitReason | null): number {
  return reason === null ? 0 : EXIT_REASONS.indexOf(reason) + 1
}
