/** Espalier: a supervisor for services that fork. What is exported here is promised. */

import type { Supervisor, SupervisorOptions } from './api.js'
import { createSupervisor as create } from './supervisor.js'

export type { Child, ChildInput, ChildKind, Exit, ExitInput, ExitReason } from '../protocol/children.js'
export type { EspalierEvent, EventKind, TerminationReason } from '../protocol/events.js'
export { EspalierError, type FailureCode, SpawnDenied } from '../protocol/failures.js'
export type { Counting, Limits, LimitsInput, MemoryAction, Rate } from '../protocol/limits.js'
export type { Grant, Refusal, RefusalCode } from '../protocol/refusals.js'
export type { ServiceView, SpawnTree, TerminationPolicy } from '../protocol/trees.js'
export type {
  AuthorizeOptions,
  AuthorizeRequest,
  Casts,
  Clock,
  EventOptions,
  LineOptions,
  RecordOptions,
  RootOptions,
  ServiceHandle,
  SpawnExit,
  SpawnedProcess,
  SpawnOptions,
  Supervisor,
  SupervisorOptions,
  WaitOptions,
} from './api.js'
export type {
  AuthorizeMessage,
  DiagnosticMessages,
  ExitMessage,
  RefusedMessage,
  SpawnMessage,
} from './diagnostics.js'

/**
 * Creates a supervisor on host threads; it is ready at once. Close it, or its threads keep the process alive.
 * @throws {EspalierError} `invalid_input` for an option out of range
 * @example
 * const supervisor = createSupervisor()
 * await supervisor.registerService('agents', { children: 5 })
 * const child = await supervisor.service('agents').spawn('node', ['agent.mjs'])
 * await child.exited
 * await supervisor.close()
 */
export function createSupervisor(options?: SupervisorOptions | null): Supervisor {
  return create(options ?? {})
}
