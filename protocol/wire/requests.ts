/** What may be asked over a socket, and how untrusted objects become requests. */

import { EXIT_REASONS, type ExitReason } from '../children.js'
import { isName, isPid, NAME_LENGTH_MAX, PID_MAX } from '../ids.js'
import type { Parsed } from '../parsed.js'
import { show } from '../show.js'
import { CHANGE_PARSERS, type ChangeRequest } from './changes.js'
import { isCursor } from './chronicle.js'
import type { FrameObject } from './frames.js'
import { HISTORY_ENDS_MAX, isSubject } from './past.js'

/** Version of requests and answers; a frame with another one is refused by number. */
export const WIRE_VERSION = 1

/** Most arguments of a command, its own name included. */
export const ARGUMENTS_MAX = 4096

/** Most environment variables that go along with a spawn. */
export const ENVIRONMENT_MAX = 4096

/** Length of a token: 32 random bytes in hex. */
export const TOKEN_LENGTH = 64

/** A child asks for a process. Who asks the kernel says, or, in portable mode, the token. */
export interface SpawnRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'spawn'
  /** Counts in portable mode only. */
  readonly token: string | null
  /** A living process at or below the asking one that shall be the parent; null: the asking one. */
  readonly parentPid: number | null
  readonly name: string
  /** Time to live in ms, 1 to 2^53 - 1; null for none. */
  readonly ttlMs: number | null
  /** The command and its arguments, 1 to `ARGUMENTS_MAX` strings. */
  readonly argv: readonly string[]
  /** Absolute directory the child starts in. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** True: a second answer follows when the child has ended. */
  readonly wait: boolean
}

/** The operator asks for every service and what runs below it. */
export interface TreeRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'tree'
}

/** The operator orders the end of one service, or of all (null). */
export interface StopRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'stop'
  readonly service: string | null
}

/** Anybody asks whether a daemon is there. */
export interface PingRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'ping'
}

/** The operator asks why something was refused, ended, or stands where it does. */
export interface WhyRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'why'
  /** A decision, a pid, a name, or `service:name`. */
  readonly subject: string
}

/** The operator asks what has ended. */
export interface HistoryRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'history'
  /** A service, a pid, a name, or `service:name`; null for all. */
  readonly subject: string | null
  /** Unix ms: nothing that ended before. */
  readonly since: number | null
  readonly exitCode: number | null
  readonly reason: ExitReason | null
  /** The latest so many, 1 to `HISTORY_ENDS_MAX`. */
  readonly most: number
}

/** The operator orders the end of one process. */
export interface EndRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'end'
  readonly pid: number
  /** As `tree` told them; null where nobody knows them. A later process of that pid is not ended. */
  readonly startTicks: number | null
  /** True: everything below it ends too. False: what is below it meets the policy of the service. */
  readonly tree: boolean
}

/** The operator asks what happened: behind a cursor, since a time, or, with neither, all that is kept (`follow`: nothing of it). */
export interface EventsRequest {
  readonly v: typeof WIRE_VERSION
  readonly kind: 'events'
  /** As `cursorText` spells it. */
  readonly after: string | null
  /** Unix ms. */
  readonly since: number | null
  /** Goes on with what comes, until the asker hangs up. */
  readonly follow: boolean
}

export type Request =
  | SpawnRequest
  | TreeRequest
  | StopRequest
  | EndRequest
  | PingRequest
  | WhyRequest
  | HistoryRequest
  | EventsRequest
  | ChangeRequest
export type RequestKind = Request['kind']

/** A request, or the sentence that says what is wrong with it. */
export type ParsedRequest =
  | { readonly ok: true; readonly request: Request }
  | { readonly ok: false; readonly message: string }

/** Types a decoded frame. Every field is checked, unknown ones are named; nothing of the input is kept but the fields. */
export function parseRequest(frame: FrameObject): ParsedRequest {
  if (frame.v !== WIRE_VERSION) {
    return wrong(`v is ${show(frame.v)}: this daemon speaks version ${WIRE_VERSION}; use the espalier it came with`)
  }
  const kind = frame.kind
  if (typeof kind !== 'string' || !Object.hasOwn(PARSERS, kind)) {
    return wrong(`kind is ${show(kind)}: it must be one of ${Object.keys(PARSERS).join(', ')}`)
  }
  const known = FIELDS[kind as RequestKind]
  const unknown = Object.keys(frame).find(key => !known.includes(key))
  if (unknown !== undefined) return wrong(`${show(unknown)} is no field of ${kind}: it has ${known.join(', ')}`)
  return PARSERS[kind as RequestKind](frame)
}

const FIELDS: Readonly<Record<RequestKind, readonly string[]>> = {
  spawn: ['v', 'kind', 'token', 'parentPid', 'name', 'ttlMs', 'argv', 'cwd', 'env', 'wait'],
  tree: ['v', 'kind'],
  stop: ['v', 'kind', 'service'],
  start: ['v', 'kind', 'service', 'again'],
  end: ['v', 'kind', 'pid', 'startTicks', 'tree'],
  ping: ['v', 'kind'],
  why: ['v', 'kind', 'subject'],
  history: ['v', 'kind', 'subject', 'since', 'exitCode', 'reason', 'most'],
  events: ['v', 'kind', 'after', 'since', 'follow'],
  limits: ['v', 'kind', 'service'],
  set_limits: ['v', 'kind', 'service', 'limits', 'configured', 'by'],
  reload: ['v', 'kind', 'dryRun'],
}

const PARSERS: Readonly<Record<RequestKind, (frame: FrameObject) => ParsedRequest>> = {
  spawn: parseSpawn,
  tree: () => ({ ok: true, request: { v: WIRE_VERSION, kind: 'tree' } }),
  stop: parseStop,
  start: frame => requestOf(CHANGE_PARSERS.start(frame)),
  end: parseEnd,
  ping: () => ({ ok: true, request: { v: WIRE_VERSION, kind: 'ping' } }),
  why: parseWhy,
  history: parseHistory,
  events: parseEvents,
  limits: frame => requestOf(CHANGE_PARSERS.limits(frame)),
  set_limits: frame => requestOf(CHANGE_PARSERS.set_limits(frame)),
  reload: frame => requestOf(CHANGE_PARSERS.reload(frame)),
}

function requestOf(parsed: Parsed<ChangeRequest>): ParsedRequest {
  return parsed.ok ? { ok: true, request: parsed.value } : wrong(parsed.problem)
}

function parseStop(frame: FrameObject): ParsedRequest {
  const service = frame.service ?? null
  if (service !== null && !isName(service)) return wrong(nameRule('service', service))
  return { ok: true, request: { v: WIRE_VERSION, kind: 'stop', service } }
}

function parseEnd(frame: FrameObject): ParsedRequest {
  const { pid } = frame
  const startTicks = frame.startTicks ?? null
  const tree = frame.tree ?? false
  if (!isPid(pid)) return wrong(`pid is ${show(pid)}: it must be a pid, 1 to ${PID_MAX}`)
  if (startTicks !== null && !isWhole(startTicks)) {
    return wrong(`startTicks is ${show(startTicks)}: it must be whole, from 0`)
  }
  if (typeof tree !== 'boolean') return wrong(`tree is ${show(tree)}: it must be true or false`)
  return { ok: true, request: { v: WIRE_VERSION, kind: 'end', pid, startTicks, tree } }
}

const SUBJECT_RULE = 'it must be a decision, a pid, a name, or service:name'

function parseWhy({ subject }: FrameObject): ParsedRequest {
  if (!isSubject(subject)) return wrong(`subject is ${show(subject)}: ${SUBJECT_RULE}`)
  return { ok: true, request: { v: WIRE_VERSION, kind: 'why', subject } }
}

function parseHistory(frame: FrameObject): ParsedRequest {
  const subject = frame.subject ?? null
  const since = frame.since ?? null
  const exitCode = frame.exitCode ?? null
  const reason = frame.reason ?? null
  const most = frame.most ?? HISTORY_ENDS_MAX
  if (subject !== null && !isSubject(subject)) return wrong(`subject is ${show(subject)}: ${SUBJECT_RULE}`)
  if (since !== null && !isWhole(since)) return wrong(`since is ${show(since)}: it must be a time in whole Unix ms`)
  if (exitCode !== null && !isWhole(exitCode)) return wrong(`exitCode is ${show(exitCode)}: it must be whole, from 0`)
  if (reason !== null && !isReason(reason)) {
    return wrong(`reason is ${show(reason)}: it must be one of ${EXIT_REASONS.join(', ')}`)
  }
  if (!isWhole(most) || most < 1 || most > HISTORY_ENDS_MAX) {
    return wrong(`most is ${show(most)}: it must be 1 to ${HISTORY_ENDS_MAX}`)
  }
  return { ok: true, request: { v: WIRE_VERSION, kind: 'history', subject, since, exitCode, reason, most } }
}

function parseEvents(frame: FrameObject): ParsedRequest {
  const after = frame.after ?? null
  const since = frame.since ?? null
  const follow = frame.follow ?? false
  if (after !== null && !isCursor(after)) return wrong(`after is ${show(after)}: it must be a cursor that events gave`)
  if (since !== null && !isWhole(since)) return wrong(`since is ${show(since)}: it must be a time in whole Unix ms`)
  if (typeof follow !== 'boolean') return wrong(`follow is ${show(follow)}: it must be true or false`)
  return { ok: true, request: { v: WIRE_VERSION, kind: 'events', after, since, follow } }
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isReason(value: unknown): value is ExitReason {
  return (EXIT_REASONS as readonly unknown[]).includes(value)
}

function parseSpawn(frame: FrameObject): ParsedRequest {
  const { name, argv, cwd, env } = frame
  const token = frame.token ?? null
  const parentPid = frame.parentPid ?? null
  const ttlMs = frame.ttlMs ?? null
  const wait = frame.wait ?? false
  // The token itself is never repeated in a message: it is a secret, and messages are logged.
  if (token !== null && !isToken(token)) return wrong(`token must be the ${TOKEN_LENGTH} hex digits of ESPALIER_TOKEN`)
  if (parentPid !== null && !isPid(parentPid)) {
    return wrong(`parentPid is ${show(parentPid)}: it must be a pid, 1 to ${PID_MAX}`)
  }
  if (!isName(name)) return wrong(nameRule('name', name))
  if (ttlMs !== null && !isTtl(ttlMs)) return wrong(`ttlMs is ${show(ttlMs)}: it must be whole milliseconds from 1`)
  if (!isArgv(argv)) {
    return wrong(`argv must be 1 to ${ARGUMENTS_MAX} strings without NUL, the first one, the command, not empty`)
  }
  if (!isText(cwd) || !cwd.startsWith('/')) return wrong(`cwd is ${show(cwd)}: it must be an absolute path`)
  if (!isEnvironment(env)) {
    return wrong(`env must be at most ${ENVIRONMENT_MAX} strings by name, names without "=", no NUL anywhere`)
  }
  if (typeof wait !== 'boolean') return wrong(`wait is ${show(wait)}: it must be true or false`)
  return {
    ok: true,
    request: { v: WIRE_VERSION, kind: 'spawn', token, parentPid, name, ttlMs, argv, cwd, env, wait },
  }
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length === TOKEN_LENGTH && /^[0-9a-f]+$/.test(value)
}

function isTtl(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

function isArgv(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length >= 1 && value.length <= ARGUMENTS_MAX && value.every(isText) && value[0] !== ''
  )
}

function isEnvironment(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value)
  return (
    entries.length <= ENVIRONMENT_MAX &&
    entries.every(([key, text]) => key !== '' && !key.includes('=') && isText(key) && isText(text))
  )
}

function nameRule(field: string, value: unknown): string {
  return `${field} is ${show(value)}: it must be 1 to ${NAME_LENGTH_MAX} characters of A-Z a-z 0-9 . _ -`
}

function wrong(message: string): ParsedRequest {
  return { ok: false, message }
}
