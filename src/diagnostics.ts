/** What `node:diagnostics_channel` is told. Who subscribes hears of it at once; where nobody does nothing is built. */

import { channel } from 'node:diagnostics_channel'
import type { Exit } from '../protocol/children.js'
import type { Grant, Refusal } from '../protocol/refusals.js'

/** A question for a spawn, and its answer. */
export interface AuthorizeMessage {
  /** The service that was named; null: a parent was. */
  readonly service: string | null
  /** Null: the service's oldest living root, or its virtual root. */
  readonly parentPid: number | null
  readonly childName: string
  readonly answer: Grant | Refusal
  /** How long the answer took, waiting included, in ms. */
  readonly durationMs: number
}

/** The same, of a refusal alone. */
export interface RefusedMessage extends AuthorizeMessage {
  readonly answer: Refusal
}

/** A process that was launched and recorded. Its arguments are left out: they may be secret. */
export interface SpawnMessage {
  readonly service: string
  readonly name: string
  readonly pid: number
  readonly depth: number
  readonly command: string
}

/** A process of ours that ended, once its exit is in the books. */
export interface ExitMessage {
  readonly service: string
  readonly name: string
  readonly pid: number
  readonly exit: Exit
}

/** The channels by name, with what is published on each. */
export interface DiagnosticMessages {
  readonly 'espalier:authorize': AuthorizeMessage
  readonly 'espalier:refused': RefusedMessage
  readonly 'espalier:spawn': SpawnMessage
  readonly 'espalier:exit': ExitMessage
}

// Held here: Node forgets a channel that nobody holds, and with it the place that is asked for subscribers.
const authorizing = channel('espalier:authorize')
const refused = channel('espalier:refused')
const spawning = channel('espalier:spawn')
const exiting = channel('espalier:exit')

type Asked = Pick<AuthorizeMessage, 'service' | 'parentPid' | 'childName'>

/** Whether anybody wants to hear of answers. */
export function isAnswerHeard(): boolean {
  return authorizing.hasSubscribers || refused.hasSubscribers
}

/** The same promise, its answer published when it comes. A question that fails has none. */
export function publishAnswered(
  answered: Promise<Grant | Refusal>,
  service: string | null,
  parentPid: number | null,
  childName: string,
): Promise<Grant | Refusal> {
  if (!isAnswerHeard()) return answered
  const fromMs = performance.now()
  answered.then(
    answer => publishAnswer(answer, { service, parentPid, childName }, fromMs),
    () => undefined,
  )
  return answered
}

/** @param fromMs when it was asked, in ms of `performance.now()` */
export function publishAnswer(answer: Grant | Refusal, asked: Asked, fromMs: number): void {
  const message: AuthorizeMessage = { ...asked, answer, durationMs: performance.now() - fromMs }
  if (authorizing.hasSubscribers) authorizing.publish(message)
  if (!answer.ok && refused.hasSubscribers) refused.publish(message)
}

export function publishSpawn(service: string, name: string, pid: number, depth: number, command: string): void {
  if (!spawning.hasSubscribers) return
  const message: SpawnMessage = { service, name, pid, depth, command }
  spawning.publish(message)
}

export function publishExit(service: string, name: string, pid: number, exit: Exit): void {
  if (!exiting.hasSubscribers) return
  const message: ExitMessage = { service, name, pid, exit }
  exiting.publish(message)
}
