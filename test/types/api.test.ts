/**
 * What the types promise, proved by the compiler: the build fails when a line marked `@ts-expect-error` compiles, or
 * when one of the others does not. The one run-time test makes this file count.
 */

import type * as node from 'node:child_process'
import t from 'tap'
import type * as childProcess from '../../src/child-process/index.js'
import {
  type Child,
  createSupervisor,
  EspalierError,
  type EspalierEvent,
  type Grant,
  type LimitsInput,
  type Refusal,
  SpawnDenied,
  type SpawnOptions,
  type Supervisor,
} from '../../src/index.js'
import { createInlineSupervisor, manualClock } from '../../src/testing.js'

/** True when the two types are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function proves<_Holds extends true>(): void {
  // The type argument is the proof.
}

export async function decisions(supervisor: Supervisor): Promise<void> {
  const answer = await supervisor.authorizeSpawn(100, 'a')
  proves<Same<typeof answer, Grant | Refusal>>()
  // @ts-expect-error a ticket is there only once `ok` has been looked at
  answer.ticket
  if (answer.ok) {
    proves<Same<typeof answer.ticket, number>>()
    // @ts-expect-error a grant has no code
    answer.code
    // @ts-expect-error what is answered is not written to
    answer.ticket = 1
  } else {
    proves<Same<typeof answer.limit, number | null>>()
    // @ts-expect-error no such code
    answer.code satisfies 'no_such_code'
    if (answer.code === 'rate_limit') proves<Same<typeof answer.retryAfterMs, number | undefined>>()
  }
}

export async function waits(supervisor: Supervisor): Promise<void> {
  const answer = await supervisor.authorizeSpawn(100, 'a', {
    wait: { timeoutMs: 5, signal: new AbortController().signal },
  })
  proves<Same<typeof answer, Grant | Refusal>>()
  // @ts-expect-error a time-out says its unit
  await supervisor.authorizeSpawn(100, 'a', { wait: { timeout: 5 } })
  // @ts-expect-error many are decided at once: none of them waits
  await supervisor.authorizeMany([{ parentPid: 100, childName: 'a', wait: {} }])
}

export async function spawns(supervisor: Supervisor): Promise<void> {
  const options: SpawnOptions = { timeoutMs: 1000, forceKillAfterMs: 50, wait: { timeoutMs: 5 }, ttlMs: null }
  const child = await supervisor.service('svc').spawn('true', ['a'], options)
  for await (const line of child.lines({ from: 'stderr', lineBytesMax: 100 })) proves<Same<typeof line, string>>()
  const exit = await child.exited
  proves<Same<typeof exit.timedOut, boolean>>()
  // @ts-expect-error stdin is written to
  child.lines({ from: 'stdin' })
  // @ts-expect-error a time-out says its unit
  await supervisor.service('svc').spawn('true', [], { timeout: 5 })
  // @ts-expect-error a child is no list of lines
  for await (const line of child) t.comment(line)
}

export function dropIn(): void {
  proves<Same<typeof childProcess.spawn, typeof node.spawn>>()
  proves<Same<typeof childProcess.exec, typeof node.exec>>()
  proves<Same<typeof childProcess.execFile, typeof node.execFile>>()
  proves<Same<typeof childProcess.fork, typeof node.fork>>()
  proves<Same<typeof childProcess.ChildProcess, typeof node.ChildProcess>>()
}

export function limits(): void {
  const fine: LimitsInput = { depth: 3, rate: '10/1s', serviceRate: { limit: 1, windowMs: 1000 }, totalMemory: '1G' }
  const lifted: LimitsInput = { rate: 'none', lifetime: 'none', ttlMaxMs: 'none', totalMemory: 'none', depth: null }
  // @ts-expect-error a misspelt key
  const misspelt: LimitsInput = { childern: 3 }
  // @ts-expect-error no such policy
  const policy: LimitsInput = { terminationPolicy: 'kill' }
  // @ts-expect-error durations are numbers of ms
  const grace: LimitsInput = { graceMs: '5s' }
  // @ts-expect-error children cannot be lifted
  const children: LimitsInput = { children: 'none' }
  t.comment([fine, lifted, misspelt, policy, grace, children].length)
}

export async function operations(supervisor: Supervisor): Promise<void> {
  await supervisor.recordSpawn(100, { name: 'a', pid: 101 })
  await supervisor.recordSpawn(100, { name: 'a', pid: 101, startTicks: null }, { ticket: null, rootHint: null })
  await supervisor.recordSpawn(100, { name: 'a', pid: 101 }, null)
  // @ts-expect-error a child needs a pid
  await supervisor.recordSpawn(100, { name: 'a' })
  // @ts-expect-error no such reason
  await supervisor.recordSpawnExit(101, { reason: 'boredom' })
  // @ts-expect-error a signal is a number
  await supervisor.recordSpawnExit(101, { signal: 'SIGTERM' })
  // @ts-expect-error both figures are said, be it null
  await supervisor.updateChildMetrics(101, 1)
  proves<Same<Awaited<ReturnType<Supervisor['recordSpawnExit']>>, Child | null>>()
  proves<Same<ReturnType<Supervisor['cast']['recordSpawn']>, void>>()
  // @ts-expect-error what needs no answer gives none to wait for
  supervisor.cast.removeChild(1).then(() => 0)
  // @ts-expect-error a question is not cast
  supervisor.cast.getChildren(1)
}

/** Every kind of event is handled: a forgotten one would leave something that is not never. */
export function eventText(event: EspalierEvent): string {
  switch (event.kind) {
    case 'child_recorded':
    case 'child_exited':
    case 'child_removed':
      return event.child.name
    case 'child_moved':
      return `${event.fromPid} ${event.toPid}`
    case 'spawn_refused':
      return event.refusal.code
    case 'spawn_granted':
    case 'ticket_released':
    case 'ticket_expired':
      return String(event.ticket)
    case 'root_registered':
    case 'root_exited':
    case 'limit_overrun':
      return String(event.pid)
    case 'termination_due':
      return event.pids.join()
    case 'service_registered':
      return String(event.limits.children)
    case 'service_unregistered':
      return event.service
    case 'cast_failed':
      return event.message
    case 'events_lost':
      return `${event.from} ${event.to}`
    default:
      return event satisfies never
  }
}

export async function disposal(): Promise<void> {
  const supervisor = createInlineSupervisor({ clock: manualClock() })
  proves<typeof supervisor extends AsyncDisposable ? true : false>()
  await supervisor[Symbol.asyncDispose]()
  // @ts-expect-error no such option
  createSupervisor({ host: 2 })
}

export function denials(error: unknown): number | null {
  if (!(error instanceof SpawnDenied)) return null
  proves<typeof error extends EspalierError ? true : false>()
  // @ts-expect-error the code of a denial is a refusal's, not a failure's
  error.code satisfies 'launch_failed'
  return error.limit
}

t.test('a denial is an error of ours and has what its type says', async t => {
  const refusal = { ok: false, code: 'child_limit', message: 'no', limit: 1, current: 1, decisionId: '0-1' } as const
  const error = new SpawnDenied(refusal)
  t.ok(error instanceof EspalierError)
  t.match(error, refusal)
  t.equal(denials(error), 1)
  t.equal(denials(new Error('other')), null)
})
