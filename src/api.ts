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
  removeChild(pid: number): void
  removeSubtree(pid: number): void
  releaseTicket(ticket: number): void
}

export interface SpawnOptions {
  /** Name of the child; default: the base name of the command, made to fit. */
  readonly name?: string | null
  readonly ttlMs?: number | null
  readonly env?: Readonly<Record<string, string | undefined>> | null
  readonly cwd?: string | null
  /** Aborting it ends the child as an order: TERM, grace, KILL. */
  readonly signal?: AbortSignal | null
  /** Default: the service's oldest living root, else its virtual root. */
  readonly parentPid?: number | null
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
  /** Never rejects. */
  readonly exited: Promise<Exit>
}

/** One service as a place to spawn in. */
export interface ServiceHandle {
  readonly name: string
  /**
   * Authorizes, launches, records and watches.
   * @throws {SpawnDenied} when refused. @throws {EspalierError} `launch_failed`, its ticket released.
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
  close(): Promise<void>
}
