/** Spawning from inside a service: who asks is known from the kernel, or in portable mode by the token that is given. */

import type { Exit } from '../../protocol/children.js'
import { SpawnDenied } from '../../protocol/failures.js'
import type { Refusal } from '../../protocol/refusals.js'
import type { SpawnRequest } from '../../protocol/wire/requests.js'
import { type Call, openCall } from './call.js'
import { ClientError } from './errors.js'

/** What a new process shall be. */
export interface AgentOptions {
  /** 1 to 64 characters of `A-Z a-z 0-9 . _ -`. */
  readonly name: string
  /** The command and its arguments; no shell runs it. */
  readonly argv: readonly string[]
  /** Time to live in ms, from 1; then it ends with everything below it. Default: none, or what the service gives. */
  readonly ttlMs?: number | null
  /** A living process at or below the asking one. Default: the asking one. */
  readonly parentPid?: number | null
  /** Default: the caller's directory. */
  readonly cwd?: string
  /** Default: the caller's environment. `ESPALIER_*` never goes along; the child gets its own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** True keeps the line open, so that `exited` can be awaited. */
  readonly wait?: boolean
  /** How long the spawn may take, in ms. Default 10,000. */
  readonly timeoutMs?: number
  /** How long `exited` may take, in ms. Default a day. */
  readonly waitTimeoutMs?: number
  /** Default `ESPALIER_SOCKET`. */
  readonly socket?: string
  /** Default `ESPALIER_TOKEN`, which only portable mode sets and needs. */
  readonly token?: string
}

/** A process that the daemon spawned for the caller. */
export interface Agent {
  readonly pid: number
  readonly name: string
  readonly depth: number
  /** How it ended, with `wait: true`; else rejects at once. @throws {ClientError} when the daemon goes away first. */
  exited(): Promise<Exit>
}

/** How long a call may take by default, in ms. */
export const CALL_TIMEOUT_MS = 10_000

/** How long a wait for a child's end may take by default, in ms: a day. */
export const WAIT_TIMEOUT_MS = 86_400_000

/**
 * Asks the daemon for a process below the caller's own.
 * @throws {SpawnDenied} when a limit refuses. @throws {ClientError} when it cannot be asked, or cannot launch.
 */
export async function spawnAgent(options: AgentOptions): Promise<Agent> {
  const call = openCall(socketOf(options), requestOf(options))
  let waits = false
  try {
    const answer = await call.next(options.timeoutMs ?? CALL_TIMEOUT_MS)
    if (answer.kind === 'refused') throw new SpawnDenied(endless(answer.refusal))
    if (answer.kind !== 'spawned') throw new ClientError('failed', `the daemon answered ${answer.kind} to a spawn`)
    const { pid, name, depth } = answer
    waits = options.wait === true
    const exit = waits ? waitForExit(call, options.waitTimeoutMs ?? WAIT_TIMEOUT_MS) : null
    // Who never asks for the end must not die of its failure.
    exit?.catch(() => undefined)
    return { pid, name, depth, exited: () => exit ?? Promise.reject(notWaiting(name)) }
  } finally {
    if (!waits) call.close()
  }
}

/** A wait without end, the answer to a rate of 0, is null on the wire: JSON has no infinity. */
function endless(refusal: Refusal): Refusal {
  return refusal.retryAfterMs === null ? { ...refusal, retryAfterMs: Number.POSITIVE_INFINITY } : refusal
}

async function waitForExit(call: Call, withinMs: number): Promise<Exit> {
  try {
    const answer = await call.next(withinMs)
    if (answer.kind === 'exited') return answer.exit
    throw new ClientError('failed', `the daemon answered ${answer.kind} where an exit was due`)
  } finally {
    call.close()
  }
}

function socketOf(options: AgentOptions): string {
  const socket = options.socket ?? process.env.ESPALIER_SOCKET
  if (socket) return socket
  throw new ClientError(
    'no_service',
    'ESPALIER_SOCKET is not set: spawning works from inside a service that "espalier run" has started',
  )
}

function requestOf(options: AgentOptions): SpawnRequest {
  return {
    v: 1,
    kind: 'spawn',
    token: (options.token ?? process.env.ESPALIER_TOKEN) || null,
    parentPid: options.parentPid ?? null,
    name: options.name,
    ttlMs: options.ttlMs ?? null,
    argv: options.argv,
    cwd: options.cwd ?? process.cwd(),
    env: withoutOwn(options.env ?? process.env),
    wait: options.wait === true,
  }
}

/** The environment without `ESPALIER_*`: a token must not leave its process, and the daemon would drop them anyway. */
function withoutOwn(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const kept: [string, string][] = []
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && !key.startsWith('ESPALIER_')) kept.push([key, value])
  }
  return Object.fromEntries(kept)
}

function notWaiting(name: string): ClientError {
  return new ClientError('bad_request', `${name} was spawned without wait: true, so its end is not reported here`)
}
