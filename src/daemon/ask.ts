/** A child's request for a process: who asks, below whom, and what came of it. */

import { EspalierError, SpawnDenied } from '../../protocol/failures.js'
import { type Refusal, refusalMessage } from '../../protocol/refusals.js'
import { answer, type WireFailureCode } from '../../protocol/wire/answers.js'
import type { SpawnRequest } from '../../protocol/wire/requests.js'
import type { Reply } from '../control/connection.js'
import { type SpawnedChild, spawnChild } from '../spawn.js'
import { adoptProcess } from './adopt.js'
import type { DaemonContext } from './context.js'
import { childEnvironment, voiceOf } from './environment.js'
import { labelOf, type ManagedProcess } from './process.js'
import { heldRights } from './rights.js'
import { holdExit } from './stored-exit.js'
import { underWay } from './under-way.js'
import { writeWord } from './word.js'

/** Who asks, by the kernel's word or by a token. */
export interface Asker {
  readonly service: string
  readonly pid: number
  /** The process that speaks for it; null: it is adopted. */
  readonly process: ManagedProcess | null
}

/** Below whom a child comes; `process` null: below the node `adopted`. */
interface Parent extends Asker {
  readonly askerPid: number
}

/** Answers one spawn request of whom its token names. */
export async function answerByToken(context: DaemonContext, request: SpawnRequest, reply: Reply): Promise<void> {
  const process = request.token === null ? null : await context.tokens.find(request.token)
  if (process !== null) return answerSpawn(context, request, speaking(process), reply)
  return fail(reply, 'bad_token', 'ESPALIER_TOKEN names no living process here: pass on the one that it was given')
}

/** Answers one spawn request: `spawned`, and `exited` later with `wait`; or `refused`; or `failed`. */
export async function answerSpawn(
  context: DaemonContext,
  request: SpawnRequest,
  asker: Asker,
  reply: Reply,
): Promise<void> {
  const parent = parentOf(context, request, asker)
  if (parent === null) {
    const rule = `no living process of service ${asker.service} at or below ${asker.pid}, which asks`
    return fail(reply, 'bad_parent', `parent pid ${request.parentPid} is ${rule}: give the pid of one, or leave it out`)
  }
  // Before the first await after this look, so that an order to end waits for this spawn or is seen by it.
  if (context.stopping.has(asker.service)) return refuse(context, reply, parent, request, shuttingDown(context))
  try {
    const child = await underWay(context, asker.service, () => spawn(context, request, parent))
    await context.history.stored()
    await reply.send(answer('spawned', { pid: child.pid, name: child.name, depth: child.depth }))
    if (request.wait) await reportExit(context, child, reply)
  } catch (error) {
    if (error instanceof SpawnDenied) await refuse(context, reply, parent, request, refusalOf(error))
    else if (error instanceof EspalierError) await fail(reply, codeOf(error), error.message)
    else throw error
  }
}

/** A process may put children below itself and below what it has spawned, never beside or above; below one adopted there is nobody. */
function parentOf(context: DaemonContext, request: SpawnRequest, asker: Asker): Parent | null {
  if (request.parentPid === null) return { ...asker, askerPid: asker.pid }
  if (asker.process === null || !context.book.isAtOrBelow(request.parentPid, asker.process)) return null
  const named = context.book.find(request.parentPid)
  return named === undefined ? null : { ...speaking(named), askerPid: asker.pid }
}

function speaking(process: ManagedProcess): Asker {
  return { service: process.service, pid: process.pid, process }
}

async function spawn(context: DaemonContext, request: SpawnRequest, parent: Parent): Promise<ManagedProcess> {
  const { core, tokens } = context
  const { service, pid: parentPid } = parent
  const [command, ...args] = request.argv
  const token = tokens.issue()
  const held = holdExit()
  let spawned: SpawnedChild
  try {
    spawned = await spawnChild(core, {
      service,
      parentPid: parent.process === null ? null : parentPid,
      parentStartTicks: parent.process?.startTicks ?? null,
      isAdopted: parent.process === null,
      name: request.name,
      command,
      args,
      env: ({ depth }) =>
        childEnvironment(request.env, { ...voiceOf(context, service, token), service, depth, parentPid }),
      cwd: request.cwd,
      ttlMs: request.ttlMs,
      stdin: 'ignore',
      granted: () => context.budgets.charge(service),
      exitHold: held.stored,
      logAs: `${service}:${request.name}`,
      word: writeWord({
        role: 'child',
        name: request.name,
        token: token.token,
        ttlMs: request.ttlMs,
        argv: request.argv,
      }),
      privileges: heldRights(context.rights, service).privileges,
    })
  } catch (error) {
    token.drop()
    held.release()
    throw error
  }
  const ttlMs = request.ttlMs ?? core.limitsOf(service)?.ttlMaxMs ?? null
  const child = managedChild(request, parent, spawned, ttlMs)
  context.counts.spawned++
  adoptProcess(context, child, spawned, token, held)
  return child
}

function managedChild(
  request: SpawnRequest,
  parent: Parent,
  spawned: SpawnedChild,
  ttlMs: number | null,
): ManagedProcess {
  return {
    service: parent.service,
    name: spawned.name,
    pid: spawned.pid,
    startTicks: spawned.startTicks,
    parentPid: parent.pid,
    depth: spawned.depth,
    command: request.argv.join(' '),
    startedAt: Date.now(),
    ttlMs,
    state: 'running',
    cpuPercent: null,
    rssBytes: null,
    exited: spawned.exited,
    usage: () => spawned.details,
  }
}

async function reportExit(context: DaemonContext, child: ManagedProcess, reply: Reply): Promise<void> {
  let hangUp: () => void = () => undefined
  const hungUp = new Promise<null>(settle => {
    hangUp = () => settle(null)
    if (reply.hungUp.aborted) hangUp()
    else reply.hungUp.addEventListener('abort', hangUp, { once: true })
  })
  const exit = await Promise.race([child.exited, hungUp])
  reply.hungUp.removeEventListener('abort', hangUp)
  if (exit === null) return
  await context.history.stored()
  await reply.send(answer('exited', { pid: child.pid, exit }))
}

async function refuse(
  context: DaemonContext,
  reply: Reply,
  parent: Parent,
  request: SpawnRequest,
  refusal: Refusal,
): Promise<void> {
  change(context.counts.refused, refusal.code, 1)
  const { service } = parent
  context.tell({
    kind: 'refused',
    service,
    parentPid: parent.pid,
    askerPid: parent.askerPid,
    parentName: parent.process === null ? `${service}:adopted` : labelOf(parent.process),
    childName: request.name,
    refusal,
  })
  await reply.send(answer('refused', { refusal, service }))
}

function refusalOf(denied: SpawnDenied): Refusal {
  const { code, message, limit, current, decisionId, retryAfterMs } = denied
  const refusal = { ok: false, code, message, limit, current, decisionId } as const
  return retryAfterMs === undefined ? refusal : { ...refusal, retryAfterMs }
}

/** The daemon's own refusal, before any actor is asked: its lane is `d`. */
function shuttingDown(context: DaemonContext): Refusal {
  const code = 'shutting_down'
  const { refused, decisionsFrom } = context.counts
  const count = decisionsFrom + (refused.get(code) ?? 0) + 1
  return { ok: false, code, message: refusalMessage(code), limit: null, current: null, decisionId: `d-${count}` }
}

function codeOf(error: EspalierError): WireFailureCode {
  switch (error.code) {
    case 'launch_failed':
    case 'timeout':
    case 'unavailable':
      return error.code
    case 'invalid_input':
      return 'bad_request'
    default:
      return 'failed'
  }
}

function fail(reply: Reply, code: WireFailureCode, message: string): Promise<void> {
  return reply.send(answer('failed', { code, message }))
}

function change<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
