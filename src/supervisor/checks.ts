/** Inputs of operations: what a caller may say, checked before anything is sent. Each throws `invalid_input`. */

import { CHILD_KINDS, type ChildInput, EXIT_REASONS, type ExitInput } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import { isName, isPid, PID_MAX } from '../../protocol/ids.js'
import { COMMAND_LENGTH_MAX, USER_BYTES_MAX } from '../../protocol/lane/text.js'
import { WAIT_MAX_MS } from '../../protocol/limits.js'
import { show } from '../../protocol/show.js'
import type { EventOptions, SpawnOptions, WaitOptions } from '../api.js'

/** Longest `timeoutMs` of a spawn: what a timer of Node holds. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1

/** Signals a Linux process can die of. */
const SIGNAL_MAX = 127

export function checkPid(pid: unknown, what = 'pid'): void {
  if (!isPid(pid)) throw invalid(`${what} ${show(pid)} is no pid; it takes a whole number from 1 to ${PID_MAX}`)
}

// Callers repeat themselves: comparing with the last good name costs 1 ns, the pattern 40.
let lastGoodName = ''

export function checkName(name: unknown, what: string): void {
  if (name === lastGoodName) return
  if (!isName(name)) {
    throw invalid(`${what} ${show(name)} is no name; it takes 1 to 64 characters out of A-Z a-z 0-9 . _ -`)
  }
  lastGoodName = name
}

/** A number of at least 0, or null. */
export function checkAmount(value: unknown, what: string): void {
  if (value == null || (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY)) return
  throw invalid(`${what} ${show(value)} is out of range; it takes a number of at least 0, or null`)
}

/** A whole number of bytes, or null. */
export function checkBytes(value: unknown, what = 'rssBytes'): void {
  if (value == null || (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)) return
  throw invalid(`${what} ${show(value)} is no size; it takes a whole number of bytes, or null`)
}

/** A ticket as a grant gave it. */
export function checkTicket(ticket: unknown): void {
  if (typeof ticket === 'number' && Number.isSafeInteger(ticket) && ticket > 0) return
  throw invalid(`ticket ${show(ticket)} is no ticket; hand back the one that a grant carries`)
}

/** Requests of `authorizeMany`; what each says is checked by itself. */
export function checkRequests(requests: unknown): void {
  if (!Array.isArray(requests))
    throw invalid(`requests ${show(requests)} are no array of { parentPid, childName, ttlMs? }`)
  const wrong = requests.findIndex(request => typeof request !== 'object' || request === null)
  if (wrong >= 0)
    throw invalid(`request ${wrong} is ${show(requests[wrong])}; it takes { parentPid, childName, ttlMs? }`)
}

export function checkChild(parentPid: number, child: ChildInput, parentTicks: number | null = null): void {
  if (typeof child !== 'object' || child === null) throw invalid(`child ${show(child)} is no object with name and pid`)
  checkName(child.name, 'child name')
  checkPid(child.pid, 'child pid')
  // Where the parent has ended its child may be given the same pid.
  const isAnother = parentTicks !== null && child.startTicks != null && child.startTicks !== parentTicks
  if (child.pid === parentPid && !isAnother) throw invalid(`pid ${child.pid} cannot be its own parent`)
  if (child.command != null) checkText(child.command, 'command', COMMAND_LENGTH_MAX)
  if (child.startTicks != null) checkTicks(child.startTicks)
  if (child.startedAt != null) checkAmount(child.startedAt, 'startedAt')
  if (child.ttlMs != null) checkAmount(child.ttlMs, 'ttlMs')
  if (child.cpuPercent != null) checkAmount(child.cpuPercent, 'cpuPercent')
  checkBytes(child.rssBytes)
  if (child.user != null) checkText(child.user, 'user', USER_BYTES_MAX / 3)
  if (child.parentPid != null) checkPid(child.parentPid, 'parentPid')
  if (child.depth != null) checkDepth(child.depth)
  if (child.kind != null && !CHILD_KINDS.includes(child.kind)) {
    throw invalid(`kind ${show(child.kind)} is unknown; it is ${CHILD_KINDS.join(' or ')}`)
  }
  if (child.lastExit != null) checkExit(child.lastExit)
}

export function checkTicks(startTicks: unknown): void {
  if (startTicks == null || (typeof startTicks === 'number' && Number.isSafeInteger(startTicks) && startTicks >= 0))
    return
  throw invalid(`startTicks ${show(startTicks)} are no ticks; they are field 22 of /proc/PID/stat, or null`)
}

export function checkDepth(depth: unknown): void {
  if (typeof depth === 'number' && Number.isInteger(depth) && depth >= 0 && depth < 2 ** 31) return
  throw invalid(`depth ${show(depth)} is no depth; it takes a whole number of at least 0`)
}

export function checkExit(exit: ExitInput): void {
  if (typeof exit !== 'object' || exit === null) throw invalid(`exit ${show(exit)} is no object`)
  const { exitCode, signal, reason } = exit
  if (exitCode != null && !(Number.isInteger(exitCode) && Math.abs(exitCode) < 2 ** 31)) {
    throw invalid(`exitCode ${show(exitCode)} is no exit code; it takes a whole number of 32 bits, or null`)
  }
  if (signal != null && !(Number.isInteger(signal) && signal >= 1 && signal <= SIGNAL_MAX)) {
    throw invalid(`signal ${show(signal)} is no signal; it takes its number, 1 to ${SIGNAL_MAX}, or null`)
  }
  if (reason != null && !EXIT_REASONS.includes(reason)) {
    throw invalid(`reason ${show(reason)} is unknown; it is one of ${EXIT_REASONS.join(' ')}`)
  }
  checkAmount(exit.finishedAt, 'finishedAt')
  checkTicks(exit.startTicks)
}

export function checkSignal(signal: AbortSignal | null | undefined): void {
  if (signal == null || (typeof signal === 'object' && typeof signal.addEventListener === 'function')) return
  throw invalid(`option signal is ${show(signal)}; it takes an AbortSignal`)
}

/** What `wait` may be. @throws {EspalierError} `invalid_input` */
export function checkWait(wait: WaitOptions): void {
  if (typeof wait !== 'object') throw invalid(`option wait is ${show(wait)}; it takes { timeoutMs, signal }, or null`)
  const unknown = Object.keys(wait).find(key => key !== 'timeoutMs' && key !== 'signal')
  if (unknown !== undefined) throw invalid(`option wait has no ${show(unknown)}; it takes timeoutMs and signal`)
  checkAmount(wait.timeoutMs, 'timeoutMs')
  checkSignal(wait.signal)
}

/** The options of a spawn that have a range; what else is wrong is found where it is used. @throws {EspalierError} `invalid_input` */
export function checkSpawnOptions(options: SpawnOptions): void {
  if (typeof options !== 'object') throw invalid(`options of a spawn are ${show(options)}; give an object, or nothing`)
  checkSignal(options.signal)
  if (options.wait != null) checkWait(options.wait)
  checkMs('timeoutMs', options.timeoutMs, 1, TIMEOUT_MAX_MS)
  checkMs('forceKillAfterMs', options.forceKillAfterMs, 0, WAIT_MAX_MS)
}

function checkMs(what: string, value: unknown, least: number, most: number): void {
  if (value == null || (typeof value === 'number' && value >= least && value <= most)) return
  throw invalid(`option ${what} is ${show(value)}; it takes ms from ${least} to ${most}, or null`)
}

export function checkEventOptions({ since, signal }: EventOptions): void {
  checkSignal(signal)
  if (since == null) return
  if (typeof since !== 'object') throw invalid(`option since is ${show(since)}; it takes { service: lastNumberSeen }`)
  for (const [service, number] of Object.entries(since)) {
    if (Number.isSafeInteger(number) && number >= 0) continue
    throw invalid(`since ${show(service)} is ${show(number)}; it takes the number of the last event seen, or 0`)
  }
}

function checkText(text: unknown, what: string, most: number): void {
  if (typeof text !== 'string') throw invalid(`${what} ${show(text)} is no string`)
  if (text.length > most) throw invalid(`${what} has ${text.length} characters; at most ${most} are kept`)
}

function invalid(message: string): EspalierError {
  return new EspalierError('invalid_input', message)
}
