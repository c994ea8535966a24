/** The promise of the library: what a supervisor can be asked. `docs/SEMANTICS.md` says what each word means. */

import type { Readable, Writable } from 'node:stream'
import type { Child, ChildInput, Exit, ExitInput } from '../protocol/children.js'
import type { EspalierEvent } from '../protocol/events.js'
import type { LimitsInput } from '../protocol/limits.js'
import type { Grant, Refusal } from '../protocol/refusals.js'
import type { ServiceView, SpawnTree, TerminationPolicy } from '../protocol/trees.js'

/** A clock that every thread can read. `systemClock()` is the default; `espalier/testing` has `manualClock()`. */
export interface Clock {
  /** Shared memory that holds a manual clock's ms, or null for the system clock. */
  readonly cell: SharedArrayBuffer | null
  /** Supervisors announce themselves so that `advance` can wait until each has seen the time. */
  attach(onAdvance: () => Promise<void>): () => void
}

export interface SupervisorOptions {
  /** Host threads, 1 to 16. Default: the machine's cores, at most 4. */
  readonly hosts?: number | null
  readonly clock?: Clock | null
  /** Unanswered operations a host, 1 to 1,048,576. Past it authorize answers `busy`, the rest waits. Default 65,536. */
  readonly maxInFlight?: number | null
  /** Aborting it is a call of `close()`. */
  readonly signal?: AbortSignal | null
}

export interface AuthorizeOptions {
  /** Time to live that the child will ask for, in ms. */
  readonly ttlMs?: number | null
  /** Wait for what an end or time will free, behind those who wait below the same parent, instead of being refused at once. */
  readonly wait?: WaitOptions | null
}

export interface WaitOptions {
  /** In ms from 0, after which the answer is what holds then; default: no end. */
  readonly timeoutMs?: number | null
  /** Aborting it ends the wait with the failure `aborted`. */
  readonly signal?: AbortSignal | null
}

/** One question of `authorizeMany`. */
export interface AuthorizeRequest extends Pick<AuthorizeOptions, 'ttlMs'> {
  readonly parentPid: number
  readonly childName: string
}

export interface RecordOptions {
  readonly ticket?: number | null
  /** Service to hang the child below when its parent is untracked. */
  readonly rootHint?: string | null
}

export interface RootOptions {
  readonly startTicks?: number | null
}

export interface EventOptions {
  /** Last number seen per service; without it the subscription starts now. */
  readonly since?: Readonly<Record<string, number>> | null
  readonly signal?: AbortSignal | null
}

/** The same operations without an answer, in order with the caller's other messages; a failure is a `cast_failed` event. */
export interface Casts {
  recordSpawn(parentPid: number, child: ChildInput, options?: RecordOptions | null): void
  recordSpawnExit(pid: number, exit: ExitInput): void
  updateChildMetrics(pid: number, cpuPercent: number | null, rssBytes: number | null): void
  /**
   * What a service holds as a whole, in bytes, from whoever keeps it in a cgroup: it takes the place of the sum of its processes in
   * `memoryUsed` and for `totalMemory`, until null is said.
   */
  updateServiceMemory(service: string, bytes: number | null): void
  removeChild(pid: number): void
  removeSubtree(pid: number): void
  releaseTicket(ticket: number): void
}

export interface SpawnOptions {
  /** Name of the child; default: the base name of the command, made to fit. */
  readonly name?: string | null
  /** Time to live in ms, from 0: a budget of the service, kept by its tree actor and its keeper; the exit's reason is `ttl`. */
  readonly ttlMs?: number | null
  /**
   * How long the caller lets it run, in ms of real time from 1 to 2,147,483,647, counted from its launch: then it ends with all
   * below it, TERM, grace, KILL; the exit's reason is `stop`, and it says `timedOut`. Default: no end.
   */
  readonly timeoutMs?: number | null
  /**
   * Between TERM and KILL, in ms from 0 to 86,400,000, where `signal` or `timeoutMs` end it; given, KILL follows a TERM of
   * `kill()` too. Default: the service's `graceMs`, and no KILL after `kill()`. Other orders keep the service's `graceMs`.
   */
  readonly forceKillAfterMs?: number | null
  /**
   * Wait for what an end or time will free, instead of being refused at once: first come first served among those who wait below
   * the same `parentPid`, or in this service without one. The child's own time counts from its launch.
   */
  readonly wait?: WaitOptions | null
  readonly env?: Readonly<Record<string, string | undefined>> | null
  readonly cwd?: string | null
  /** Aborting it ends the wait, or the child as an order: TERM, grace, KILL. */
  readonly signal?: AbortSignal | null
  /** Default: the service's oldest living root, else its virtual root. */
  readonly parentPid?: number | null
}

/** How a spawned process ended. */
export interface SpawnExit extends Exit {
  /** Its `timeoutMs` ended it. */
  readonly timedOut: boolean
}

export interface LineOptions {
  /** Default `stdout`. */
  readonly from?: 'stdout' | 'stderr' | null
  /** Longest line in bytes, 4 to 16,777,216; a longer one comes in pieces of at most that, cut between characters. Default 65,536. */
  readonly lineBytesMax?: number | null
}

/** A process that this supervisor launched. */
export interface SpawnedProcess {
  readonly pid: number
  readonly startTicks: number | null
  readonly name: string
  readonly depth: number
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  /** Sends a signal to this very process; false when it has ended. Default SIGTERM. */
  kill(signal?: NodeJS.Signals | number): boolean
  /**
   * Its output line by line, without their ends (`\n` or `\r\n`), as UTF-8 with U+FFFD for what is none, until the output ends.
   * It reads no further than it is asked: a child that nobody reads waits on its full pipe. Leaving the loop loses nothing: the
   * rest is there for another `lines()`, or for the stream (`child.stdout.resume()` throws it away).
   * @throws {EspalierError} `invalid_input` for a wrong option, or while another loop reads the same output
   */
  lines(options?: LineOptions | null): AsyncIterableIterator<string>
  /** Never rejects. */
  readonly exited: Promise<SpawnExit>
}

/** One service as a place to spawn in. */
export interface ServiceHandle {
  readonly name: string
  /**
   * Authorizes (waiting if told to), launches, records and watches.
   * @throws {SpawnDenied} when refused, or still refused when `wait.timeoutMs` are over. @throws {EspalierError} `invalid_input`
   * for a wrong option (nothing was charged), `aborted` by `wait.signal`, `launch_failed` (its ticket released; by `signal` too).
   */
  spawn(command: string, args?: readonly string[] | null, options?: SpawnOptions | null): Promise<SpawnedProcess>
}

export interface Supervisor extends AsyncDisposable {
  registerService(name: string, limits?: LimitsInput | null): Promise<void>
  unregisterService(name: string): Promise<void>
  registerServicePid(name: string, pid: number, options?: RootOptions | null): Promise<void>
  unregisterServicePid(pid: number): Promise<void>
  authorizeSpawn(parentPid: number, childName: string, options?: AuthorizeOptions | null): Promise<Grant | Refusal>
  /**
   * Many decisions for one promise: answers in the order of the requests, each decided by itself, as if asked one after
   * another. An input that is wrong rejects them all, and nothing was decided.
   */
  authorizeMany(requests: readonly AuthorizeRequest[]): Promise<(Grant | Refusal)[]>
  releaseTicket(ticket: number): Promise<boolean>
  /** The name of the service that tracks it, or null when nobody does. */
  recordSpawn(parentPid: number, child: ChildInput, options?: RecordOptions | null): Promise<string | null>
  recordSpawnExit(pid: number, exit: ExitInput): Promise<Child | null>
  updateChildMetrics(pid: number, cpuPercent: number | null, rssBytes: number | null): Promise<void>
  getChildren(pid: number): Promise<Child[]>
  getSpawnTree(pid: number): Promise<SpawnTree | null>
  terminationPolicyFor(pid: number): Promise<TerminationPolicy | null>
  canSpawn(service: string, depth: number): Promise<Refusal | null>
  removeSubtree(pid: number): Promise<Child[]>
  removeChild(pid: number): Promise<Child | null>
  activeChildCount(service?: string | null): Promise<number>
  readonly cast: Casts
  services(): Promise<ServiceView[]>
  service(name: string): ServiceHandle
  /** @throws {EspalierError} `invalid_input` for options of the wrong shape */
  events(options?: EventOptions | null): AsyncIterableIterator<EspalierEvent>
  /**
   * Figures as Prometheus text (format 0.0.4). Counters begin at the first call, and from then on events are built as for a
   * reader of `events()`; call it once at the start. At most 500 services have series of their own, the others share `(other)`.
   */
  metrics(): Promise<string>
  close(): Promise<void>
}
