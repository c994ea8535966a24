/** The port through which processes start and end: `keeper` implements it with one C program a service, `portable` with `node:child_process`. */

import type { Readable, Writable } from 'node:stream'
import type { Exit } from '../protocol/children.js'
import type { TerminationReason } from '../protocol/events.js'
import type { ResourceLimit, StdioKind, UserIdentity } from '../protocol/keeper/spawn.js'

/** What to launch. The environment is whole: nothing is inherited. A keeper adds `ESPALIER_NODE`, by which it knows forks again. */
export interface LaunchRequest {
  readonly service: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string | undefined
  /** `pipe` gives the caller streams; `ignore` is /dev/null. */
  readonly stdin: 'pipe' | 'ignore'
  /** Pid of the process below which it hangs in the tree, for a keeper's books; absent or null for a root. */
  readonly parentPid?: number | null
  /** Its start ticks, as another process may have its pid by now; absent or null: whoever has the pid. */
  readonly parentStartTicks?: number | null | undefined
  /** Default `pipe`. Otherwise the stream is empty; only a keeper can do it. */
  readonly stdout?: StdioKind
  readonly stderr?: StdioKind
  /** `service` or `service:child`: where this launcher logs (`logTo`), both outputs go into the log under this label, and the streams are empty. */
  readonly logAs?: string | undefined
  readonly privileges?: Privileges | undefined
  /** Time to live in ms, for a keeper whose daemon has died; absent or null: none. */
  readonly ttlMs?: number | null
  /** Kept by a keeper for the daemon that comes after this one, at most 512 bytes; absent: nothing. */
  readonly word?: string
}

/** What a process may do and use. Only a keeper can give it; portable mode refuses a request that asks for any of it. */
export interface Privileges {
  /** Whom it runs as; only root may choose. Default: as we do. */
  readonly user?: UserIdentity
  /** -20 to 19, lower is served sooner. */
  readonly nice?: number
  readonly limits?: readonly ResourceLimit[]
  /** Default true: no program that it executes gives it more rights than it has (setuid bits count for nothing). */
  readonly noNewPrivileges?: boolean
}

/** What the kernel counted of a process that has ended. */
export interface ExitDetails {
  readonly coreDumped: boolean
  readonly startedAt: number
  readonly userMs: number
  readonly systemMs: number
  readonly maxRssBytes: number
  readonly minorFaults: number
  readonly majorFaults: number
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
  /** Its exit may be forgotten by who keeps it only when this has settled too. To be said in the turn in which it was launched. */
  holdExit?(applied: Promise<unknown>): void
  /** What its output is called in the log, should its keeper be lost and another go on with it. */
  nameLog?(label: string): void
  /** Null until it was reaped, and for ever in portable mode, which is not told. */
  readonly details: ExitDetails | null
}

/** A process that a daemon before this one launched, as its keeper tells of it. */
export interface FoundProcess {
  /** Rises in the order of the launches; those of parents are lower than those of their children. */
  readonly id: number
  /** 0 for a root. */
  readonly parentId: number
  readonly pid: number
  readonly startTicks: number
  /** Unix ms. */
  readonly startedAt: number
  /** What it was launched with; '' where nobody can say. */
  readonly word: string
  /** Set where its keeper was killed too: what it says of itself. */
  readonly traces?: ProcessTraces
  readonly hasEnded: boolean
  /** Null: it has ended, and a daemon before this one has applied its exit. */
  readonly process: LaunchedProcess | null
}

/** What a process tells by its environment and its arguments, which it may have chosen itself. */
export interface ProcessTraces {
  readonly isRoot: boolean
  readonly command: string
}

/** Where and how much of a service's output is logged. */
export interface LogPlan {
  /** The folder of the service, absolute; those of all services are beside it. */
  readonly folder: string
  /** Of one file, in bytes. */
  readonly maxBytes: number
  /** Of this service. */
  readonly files: number
  /** Of all services together, in bytes. */
  readonly totalBytes: number
}

/** What is to become of a service's processes while no daemon is there. */
export interface AbandonPolicy {
  /** How long a daemon is waited for, in ms. */
  readonly abandonMs: number
  /** Keep what runs after that, instead of ending it. */
  readonly keep: boolean
  /** Between TERM and KILL, in ms. */
  readonly graceMs: number
}

/** A request on a service's spawn socket, and who asks by the kernel's word. */
export interface Ask {
  readonly service: string
  readonly pid: number
  /** The nearest process that was launched, itself or above it; null when none is left (`adopted`). */
  readonly anchorPid: number | null
  /** Of that very process: its pid may be another's by the time of the answer. */
  readonly anchorTicks: number | null
  /** As it came, with its newline. Hostile. */
  readonly line: Uint8Array
  /** Sends an answer, at most `ANSWER_BYTES_MAX` bytes; the last one closes the line. */
  answer(bytes: Uint8Array, isLast: boolean): void
  /** Aborted when nobody waits for an answer any more. */
  readonly gone: AbortSignal
}

/** Longest answer to an ask, in bytes. */
export const ANSWER_BYTES_MAX = 60_000

/** Starts processes, and ends exactly those. */
export interface Launcher {
  /** Rejects with `launch_failed` naming the command, the errno and the step. */
  launch(request: LaunchRequest): Promise<LaunchedProcess>
  /**
   * Ends those of `pids` that it launched (others are ignored), with what they forked undeclared: TERM to each, and KILL after
   * `graceMs` (ms). Resolves when all of them have been reaped; rejects with `timeout`, naming pids, when some will not die.
   */
  end(pids: readonly number[], reason: TerminationReason, graceMs: number): Promise<void>
  /** Ends everything of one service that it launched, or everything at all; keepers go with what they kept. */
  endAll(service: string | null, graceMs: number): Promise<void>
  /**
   * Before anything is taken over or launched in a service: finds who keeps it, or gives it a keeper. What is launched in it
   * from then on joins the cgroups whose `cgroup.procs` are named, before it runs. Where many services are taken over each is met first.
   */
  meet?(service: string, policy: AbandonPolicy, cgroups?: readonly string[]): Promise<void>
  /**
   * Takes over what a daemon before us left in a service that was met. `adopt` is called once, with all of it in the order of ids
   * (none: an empty list), and until it is done no exit is forgotten. Portable mode never finds any.
   */
  takeOver?(service: string, adopt: (found: readonly FoundProcess[]) => Promise<void>): Promise<void>
  /** From now on, in a keeper that runs too: what is launched with `logAs` is logged there. Absent: this launcher writes no logs. */
  logTo?(service: string, plan: LogPlan): void
  /** Lines of output that could not be written, by service, since its keeper began. Absent: this launcher writes no logs. */
  lostLines?(): Promise<ReadonlyMap<string, number>>
  /** The grace of what ends in this service while no daemon is there, from now on. Absent: nothing outlives its daemon. */
  setGrace?(service: string, graceMs: number): void
  /** The processes to which orphans of each service come back; portable mode has none. */
  keepers?(): readonly { readonly service: string; readonly pid: number }[]
  /** Whether this pid is of a process whose keeper was killed: it is watched, and its exit will not be known. Absent: none ever is. */
  isStray?(pid: number): boolean
  /** Pids that it launched and that are not reaped yet. */
  living(service?: string): readonly number[]
  /** Hears what the processes of all services ask. Absent: this launcher cannot know who asks, and tokens say it. */
  readonly hear?: (listener: (ask: Ask) => void) => void
  /** The path of a service's spawn socket; its keeper makes it. */
  readonly spawnSocketOf?: (service: string) => string
  /** Lets processes of another user reach that socket. Before anything is taken over or launched there. @throws {EspalierError} `unavailable` */
  openTo?(service: string, uid: number): void
}
