/** The one step: authorize, launch, record, watch. A process is tracked, or it is ended. */

import type { ChildInput, Exit } from '../protocol/children.js'
import { EspalierError, SpawnDenied } from '../protocol/failures.js'
import { isName } from '../protocol/ids.js'
import type { Grant, Refusal } from '../protocol/refusals.js'
import { show } from '../protocol/show.js'
import { onAbort } from './aborts.js'
import type { SpawnedProcess, WaitOptions } from './api.js'
import type { Core } from './core.js'
import { publishExit, publishSpawn } from './diagnostics.js'
import type { ExitDetails, LaunchedProcess, Privileges } from './launch.js'
import { orderEnd } from './order.js'
import { persist, persistIfPossible } from './persist.js'

/** What a spawn asks of a supervisor. */
export type SpawningCore = Pick<
  Core,
  | 'launcher'
  | 'limitsOf'
  | 'getChildren'
  | 'order'
  | 'authorizeSpawn'
  | 'authorizeInService'
  | 'releaseTicket'
  | 'recordSpawn'
  | 'recordInService'
  | 'recordSpawnExit'
>

/** A whole environment. */
export type Environment = Readonly<Record<string, string>>

export interface SpawnRequest {
  readonly service: string
  /** Null: the service's oldest living root, else its virtual root. */
  readonly parentPid: number | null
  /** Start ticks of that parent, which another process with its pid is not; absent or null: whoever has the pid. */
  readonly parentStartTicks?: number | null | undefined
  /** With a null `parentPid`: who asks is adopted. */
  readonly isAdopted?: boolean
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment, or a function of the grant for one that tells the child its depth. */
  readonly env: Environment | ((grant: Grant) => Environment)
  readonly cwd: string | undefined
  readonly ttlMs: number | null
  /** Wait to be granted, instead of being refused. */
  readonly wait?: WaitOptions | undefined
  /** Between TERM and KILL of `signal`, in ms; absent: the service's grace. */
  readonly graceMs?: number | undefined
  readonly stdin: 'pipe' | 'ignore'
  /** What a daemon that comes after us is told of the child; absent: nothing. */
  readonly word?: string | undefined
  readonly privileges?: Privileges | undefined
  /** Called with the grant, before the launch, which waits for it; when it rejects there is none. */
  readonly granted?: (() => Promise<void>) | undefined
  /** Its exit is forgotten by who keeps it only when this has settled too. */
  readonly exitHold?: Promise<unknown> | undefined
  /** What its output is called in the log of its service; absent: it is not logged. */
  readonly logAs?: string | undefined
  /** Aborting it ends the child, with all below it, as an order; before the launch it prevents that. */
  readonly signal?: AbortSignal | undefined
}

/** A child as spawning leaves it; what an embedder gets has more (`embedded.ts`). */
export interface SpawnedChild extends Omit<SpawnedProcess, 'exited' | 'lines'> {
  readonly exited: Promise<Exit>
  /** @see LaunchedProcess.details */
  readonly details: ExitDetails | null
}

/** Between TERM and KILL when the service's own limits cannot be asked any more, in ms. */
const GRACE_FALLBACK_MS = 5000

/** Longest command line that is recorded, in characters; the rest is cut off. */
const COMMAND_LENGTH_MAX = 4096

/**
 * Spawns within the service's limits. `exited` of the answer resolves once the exit has been recorded too.
 * @throws {SpawnDenied} when refused. @throws {EspalierError} `invalid_input` (nothing changed), `launch_failed` (its ticket
 * released), or what kept it from being recorded (the process ended again).
 */
export async function spawnChild(core: SpawningCore, request: SpawnRequest): Promise<SpawnedChild> {
  checkRequest(request)
  const grant = await authorize(core, request)
  const launched = await launch(core, request, grant)
  const recorded = record(core, request, grant, launched)
  // An exit that comes before the record waits for it.
  const exited = Promise.all([launched.exited, recorded]).then(async ([exit]) => {
    const recordedExit = await recordExit(core, launched, exit)
    publishExit(request.service, request.name, launched.pid, recordedExit)
    return recordedExit
  })
  launched.holdExit?.(exited)
  if (request.exitHold !== undefined) launched.holdExit?.(request.exitHold)
  // What kept it from being recorded is thrown below.
  exited.catch(() => undefined)
  await recorded
  publishSpawn(request.service, request.name, launched.pid, grant.depth, request.command)
  endOnAbort(core, request, launched)
  return {
    pid: launched.pid,
    startTicks: launched.startTicks,
    name: request.name,
    depth: grant.depth,
    // Asked for late: a keeper's pipes are opened then.
    get stdin() {
      return launched.stdin
    },
    get stdout() {
      return launched.stdout
    },
    get stderr() {
      return launched.stderr
    },
    kill: (signal = 'SIGTERM') => launched.signal(signal),
    get details() {
      return launched.details
    },
    exited,
  }
}

/** What can be seen to be wrong before anything is charged. */
function checkRequest(request: SpawnRequest): void {
  const { name, command, args, cwd } = request
  if (!isName(name)) {
    throw invalid(`child name ${show(name)} must be 1 to 64 characters out of A-Z a-z 0-9 . _ -; give one in 'name'`)
  }
  if (![command, ...args, cwd ?? ''].every(text => typeof text === 'string')) {
    throw invalid(`command, arguments and cwd of child '${name}' must be strings; convert them first`)
  }
  if (command === '') throw invalid(`the command of child '${name}' is empty; name a program to run`)
  if ([command, ...args, cwd ?? ''].some(text => text.includes('\0'))) {
    throw invalid(`command, arguments and cwd of child '${name}' must not hold a NUL character; leave it out`)
  }
  if (request.signal?.aborted) throw aborted(request)
}

async function authorize(core: SpawningCore, request: SpawnRequest): Promise<Grant> {
  const { service, parentPid } = request
  const answer = await admit(core, request)
  if (!answer.ok) throw new SpawnDenied(answer)
  if (answer.rootService !== service) {
    await persistIfPossible(() => core.releaseTicket(answer.ticket))
    throw invalid(
      `parent ${parentPid} belongs to service '${answer.rootService}', not '${service}'; spawn through its own service`,
    )
  }
  return answer
}

/** While it waits, both signals end the wait; aborted by its own it was not launched, as at any time before the launch. */
async function admit(core: SpawningCore, request: SpawnRequest): Promise<Grant | Refusal> {
  const { service, parentPid, parentStartTicks, name, ttlMs, isAdopted = false, wait, signal } = request
  const ask = (waiting: { readonly wait?: WaitOptions }) =>
    parentPid === null
      ? core.authorizeInService(service, name, { ttlMs, isAdopted, ...waiting })
      : core.authorizeSpawn(parentPid, name, { ttlMs, parentStartTicks, ...waiting })
  if (wait === undefined) return ask({})
  const either = new AbortController()
  const signals = [wait.signal, signal].filter(one => one != null)
  const abort = () => either.abort(signals.find(one => one.aborted)?.reason)
  const unhear = signals.map(one => onAbort(one, abort))
  if (signals.some(one => one.aborted)) abort()
  try {
    return await ask({ wait: { ...wait, signal: either.signal } })
  } catch (error) {
    throw signal?.aborted && error instanceof EspalierError && error.code === 'aborted' ? aborted(request) : error
  } finally {
    // A signal may live for ever.
    for (const end of unhear) end()
  }
}

async function launch(core: SpawningCore, request: SpawnRequest, grant: Grant): Promise<LaunchedProcess> {
  const { service, parentPid, parentStartTicks, command, args, cwd, stdin, env, word = '', privileges, logAs } = request
  try {
    if (request.signal?.aborted) throw aborted(request)
    await request.granted?.()
    const environment = typeof env === 'function' ? env(grant) : env
    const ttlMs = request.ttlMs ?? core.limitsOf(service)?.ttlMaxMs ?? null
    return await core.launcher.launch({
      service,
      parentPid,
      parentStartTicks,
      command,
      args,
      env: environment,
      cwd,
      stdin,
      ttlMs,
      word,
      privileges,
      logAs,
    })
  } catch (error) {
    await persistIfPossible(() => core.releaseTicket(grant.ticket))
    throw error
  }
}

async function record(
  core: SpawningCore,
  request: SpawnRequest,
  grant: Grant,
  launched: LaunchedProcess,
): Promise<void> {
  const { service, parentPid, parentStartTicks, name, ttlMs } = request
  const { pid, startTicks } = launched
  const command = [request.command, ...request.args].join(' ').slice(0, COMMAND_LENGTH_MAX)
  const child: ChildInput = { name, pid, startTicks, command, ttlMs }
  const { ticket } = grant
  try {
    const tracker = await persist(() =>
      parentPid === null
        ? core.recordInService(service, child, ticket)
        : core.recordSpawn(parentPid, child, { ticket, parentStartTicks }),
    )
    if (tracker === null) {
      throw new EspalierError(
        'launch_failed',
        `child '${name}' (pid ${pid}) has lost its parent ${parentPid} before it was recorded, and was ended; ` +
          'spawn it below a living process',
      )
    }
  } catch (error) {
    await endUnrecorded(core, request, grant, launched)
    throw error
  }
}

/** A process that could not be written down must not run on. The books may have it after all, if only the answer was lost. */
async function endUnrecorded(
  core: SpawningCore,
  request: SpawnRequest,
  grant: Grant,
  launched: LaunchedProcess,
): Promise<void> {
  // One that has ended may have left its pid to another.
  const exit = await Promise.race([launched.exited, Promise.resolve(null)])
  if (exit === null) await core.launcher.end([launched.pid], 'stop', graceOf(core, request.service))
  await persistIfPossible(() => core.releaseTicket(grant.ticket))
  await recordExit(core, launched, await launched.exited)
}

/** The exit as the books have it, where the first one recorded wins; as we saw it when the books are closed. */
async function recordExit(core: SpawningCore, { pid, startTicks }: LaunchedProcess, exit: Exit): Promise<Exit> {
  const child = await persistIfPossible(() => core.recordSpawnExit(pid, { ...exit, startTicks }))
  return child?.lastExit ?? exit
}

function endOnAbort(core: SpawningCore, request: SpawnRequest, launched: LaunchedProcess): void {
  const { service, signal, graceMs } = request
  if (signal === undefined) return
  const end = () => void endChild(core, service, launched.pid, graceMs)
  if (signal.aborted) end()
  else void launched.exited.then(onAbort(signal, end))
}

/** Ends a child with all below it, as an order; `graceMs` absent: within the service's grace. */
export async function endChild(core: SpawningCore, service: string, pid: number, graceMs?: number): Promise<void> {
  try {
    await orderEnd(core, pid, 'stop', graceMs ?? graceOf(core, service))
  } catch (error) {
    // One of `end` or of closed books: the process is then the launcher's to end at close.
    if (!(error instanceof EspalierError)) throw error
  }
}

function graceOf(core: SpawningCore, service: string): number {
  return core.limitsOf(service)?.graceMs ?? GRACE_FALLBACK_MS
}

function aborted(request: SpawnRequest): EspalierError {
  return new EspalierError(
    'launch_failed',
    `child '${request.name}' was not launched: its signal was aborted before; spawn again with a fresh signal`,
    { cause: request.signal?.reason },
  )
}

function invalid(message: string): EspalierError {
  return new EspalierError('invalid_input', message)
}
