/** What a daemon answers over a socket. */

import type { Exit } from '../children.js'
import type { LimitChange } from '../limit-layers.js'
import type { Limits } from '../limits.js'
import type { OverLimit } from '../over-limits.js'
import type { Refusal } from '../refusals.js'
import type { ServicePhase } from '../restarts.js'
import type { MemorySource } from '../trees.js'
import type { LimitsReport, ReloadChange } from './changes.js'
import type { ChronicleEntry } from './chronicle.js'
import type { FrameObject } from './frames.js'
import type { EndReport, Explanation } from './past.js'
import { WIRE_VERSION } from './requests.js'

/** Why a request was not answered as asked. */
export const WIRE_FAILURE_CODES = [
  'bad_frame',
  'bad_request',
  'not_allowed',
  'bad_token',
  'bad_parent',
  'not_found',
  'launch_failed',
  'bad_config',
  'too_many_connections',
  'timeout',
  'outside',
  'inherited',
  'owner_died',
  'unavailable',
  'failed',
] as const
export type WireFailureCode = (typeof WIRE_FAILURE_CODES)[number]

/** Figures of one service; sizes in bytes, null where there is no limit. */
export interface ServiceReport {
  readonly name: string
  readonly limits: Limits
  readonly liveDescendants: number
  readonly totalDescendants: number
  readonly reservations: number
  /** Bytes, as `memorySource` says. */
  readonly memoryUsed: number
  readonly memorySource: MemorySource
  /** Lines of its output that the disk did not take, since its keeper began. */
  readonly linesLost: number
  /** Grants that count now under the limit `rate`, of the parent that has most; 0 where nothing limits it. */
  readonly rateUsed: number
  /** Living roots and nodes. */
  readonly processes: number
  /** `rootless`: its roots have ended while others run on. `failed`: it was restarted too often, and is left alone. */
  readonly state: 'waiting' | 'starting' | 'running' | 'rootless' | 'restarting' | 'stopping' | 'failed' | 'ended'
  /** The same with its figures, of the root alone. */
  readonly phase: ServicePhase
  /** How often its root was started again since the daemon began. */
  readonly restarts: number
  /** What stands above its limit; empty when nothing does. */
  readonly over: readonly OverLimit[]
}

/** One living process. */
export interface ProcessReport {
  readonly service: string
  readonly name: string
  readonly pid: number
  readonly startTicks: number | null
  /** `peripheral`: nobody asked for it; it was found below one of the others, or with the keeper, its ancestors gone. */
  readonly kind: 'root' | 'spawned' | 'peripheral'
  /** The daemon's own pid for a root, and for a peripheral whose ancestors are gone. */
  readonly parentPid: number
  readonly depth: number
  readonly command: string
  /** `ending`: TERM was sent, the grace runs. `adopted`: it runs on after its keeper was killed; nobody will learn its exit code. */
  readonly state: 'running' | 'ending' | 'adopted'
  readonly cpuPercent: number | null
  readonly rssBytes: number | null
  /** Unix ms. */
  readonly startedAt: number
  readonly ttlMs: number | null
}

/** The fields each kind of answer has beside `v` and `kind`. */
export interface AnswerFields {
  pong: { readonly pid: number }
  spawned: { readonly pid: number; readonly name: string; readonly depth: number }
  exited: { readonly pid: number; readonly exit: Exit }
  refused: { readonly refusal: Refusal; readonly service: string }
  stopped: { readonly services: readonly string[] }
  /** `ran`: it was there before. `pid` is its root's; null when that has ended by now. */
  started: { readonly service: string; readonly pid: number | null; readonly ran: boolean }
  /** How many were ended by the order: the process, and with `tree` those below it. */
  processes_ended: { readonly count: number }
  tree_service: { readonly service: ServiceReport }
  /** Parents before their children; at most `PROCESSES_PER_ANSWER` of them. */
  tree_processes: { readonly processes: readonly ProcessReport[] }
  explained: { readonly explanation: Explanation }
  /** Oldest first; at most `ENDS_PER_ANSWER` of them. */
  history_ends: { readonly ends: readonly EndReport[] }
  /** `left`: ends that fit and were left out, older than those told. */
  history_end: { readonly left: number }
  /** `behind`: place behind which it begins; `missed`: entries behind the cursor that are kept no more. */
  events_begin: { readonly chronicle: string; readonly behind: number; readonly missed: number }
  /** In the order of the chronicle; at most `ENTRIES_PER_ANSWER` of them. `missed`: so many before them are kept no more. */
  events: { readonly entries: readonly ChronicleEntry[]; readonly missed: number }
  /** `last`: place of the last entry told, or before the first. */
  events_end: { readonly last: number }
  /** One for each service asked for. */
  limits_of: { readonly report: LimitsReport }
  limits_end: { readonly count: number }
  limits_set: {
    readonly service: string
    readonly changes: readonly LimitChange[]
    readonly over: readonly OverLimit[]
    /** What does not hold here, or not yet. */
    readonly notes: readonly string[]
  }
  /** One for each thing that changes. */
  reload_change: { readonly change: ReloadChange }
  reload_end: { readonly dryRun: boolean }
  /** `notStored`: why the daemon stores nothing now; absent: it does, or who asks is no operator. */
  tree_end: { readonly pid: number; readonly atMs: number; readonly notStored?: string }
  failed: { readonly code: WireFailureCode; readonly message: string }
}

/** Processes in one answer: a frame of them stays below a tenth of the longest. */
export const PROCESSES_PER_ANSWER = 128

export type AnswerKind = keyof AnswerFields
export type AnswerOf<K extends AnswerKind> = {
  readonly v: typeof WIRE_VERSION
  readonly kind: K
} & AnswerFields[K]
export type Answer = { [K in AnswerKind]: AnswerOf<K> }[AnswerKind]

/** Builds an answer of one kind. */
export function answer<K extends AnswerKind>(kind: K, fields: AnswerFields[K]): AnswerOf<K> {
  return { v: WIRE_VERSION, kind, ...fields }
}

/**
 * Types a decoded frame that a daemon sent. Version and kind are checked and no more: the socket lies in a private
 * directory, and its daemon is the one that ends the asker's processes anyway.
 */
export function parseAnswer(frame: FrameObject): Answer | null {
  if (frame.v !== WIRE_VERSION || typeof frame.kind !== 'string') return null
  if (!ANSWER_KINDS.has(frame.kind)) return null
  return frame as unknown as Answer
}

const ANSWER_KINDS: ReadonlySet<string> = new Set([
  'pong',
  'spawned',
  'exited',
  'refused',
  'stopped',
  'started',
  'processes_ended',
  'tree_service',
  'tree_processes',
  'tree_end',
  'explained',
  'history_ends',
  'history_end',
  'events_begin',
  'events',
  'events_end',
  'limits_of',
  'limits_end',
  'limits_set',
  'reload_change',
  'reload_end',
  'failed',
] satisfies AnswerKind[])
