/** The few sentences that most examples say: a service with roots, a child, a refusal, a failure. */

import type { Test } from 'tap'
import type { Child, ChildInput } from '../../protocol/children.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { Grant, Refusal, RefusalCode } from '../../protocol/refusals.js'
import { EspalierError, type Supervisor } from '../../src/index.js'

/** Registers a service and its roots. */
export async function register(
  supervisor: Supervisor,
  name: string,
  limits: LimitsInput,
  ...roots: readonly number[]
): Promise<void> {
  await supervisor.registerService(name, limits)
  for (const pid of roots) await supervisor.registerServicePid(name, pid)
}

/** A grant; throws when refused. */
export async function grant(supervisor: Supervisor, parentPid: number, ttlMs: number | null = null): Promise<Grant> {
  const answer = await supervisor.authorizeSpawn(parentPid, `child-of-${parentPid}`, { ttlMs })
  if (!answer.ok) throw new Error(`authorizeSpawn(${parentPid}) was refused: ${answer.message}`)
  return answer
}

/** A refusal; throws when granted. */
export async function refusal(
  supervisor: Supervisor,
  parentPid: number,
  ttlMs: number | null = null,
): Promise<Refusal> {
  const answer = await supervisor.authorizeSpawn(parentPid, 'refused', { ttlMs })
  if (answer.ok) throw new Error(`authorizeSpawn(${parentPid}) was granted`)
  return answer
}

/** Checks the code and the figures of a refusal; a figure left out is not compared. */
export function refused(t: Test, answer: Grant | Refusal | null, code: RefusalCode, figures: Figures = {}): void {
  t.match(answer, { ok: false, code, ...figures }, `is refused with ${code}`)
}

export interface Figures {
  readonly limit?: number | null
  readonly current?: number | null
  readonly retryAfterMs?: number
  readonly message?: string
}

/** Authorizes and records one child; throws when refused. */
export async function spawnChild(
  supervisor: Supervisor,
  parentPid: number,
  pid: number,
  more: Partial<ChildInput> = {},
): Promise<void> {
  const { ticket } = await grant(supervisor, parentPid, more.ttlMs ?? null)
  await supervisor.recordSpawn(parentPid, { name: `c${pid}`, pid, ...more }, { ticket })
}

/** Spawns a chain: the first pid is the parent of the second, and so on. */
export async function spawnChain(supervisor: Supervisor, ...pids: readonly number[]): Promise<void> {
  for (let at = 1; at < pids.length; at++) await spawnChild(supervisor, pids[at - 1], pids[at])
}

/** Expects a failure with this code, whose message matches. */
export async function fails(
  t: Test,
  call: () => Promise<unknown>,
  code: EspalierError['code'],
  message: RegExp = /./,
): Promise<void> {
  const said = String(call).replace(/\s+/g, ' ').slice(0, 100)
  try {
    const answer = await call()
    t.fail(`${said} answered ${JSON.stringify(answer)} instead of failing with ${code}`)
  } catch (error) {
    if (!(error instanceof EspalierError)) throw error
    t.equal(error.code, code, `${said} fails with ${code}`)
    t.match(error.message, message, `${said} says why`)
  }
}

export function pids(children: readonly Child[]): number[] {
  return children.map(child => child.pid)
}
