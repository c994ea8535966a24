/** From a request to a keeper's spawn, and from its refusal to a failure. */

import { constants } from 'node:os'
import { SPAWN_STEPS } from '../../protocol/keeper/messages.js'
import { encodeSpawn, type SpawnOrder, textOf } from '../../protocol/keeper/spawn.js'
import type { LaunchRequest } from '../launch.js'
import { launchFailure } from '../launcher/failure.js'

/** The first of the names that one errno has. */
const ERRNO_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
)

/** Steps of which the errno alone tells what to do. */
const PLAIN_STEPS: readonly string[] = ['chdir', 'exec', 'clone', 'pipe', 'text']

/** Keys of this process: higher than those of one that ran before it. */
let lastKey = Date.now() * 1024

/** @throws {EspalierError} `launch_failed` for what no keeper could be told */
export function framesOf(id: number, request: LaunchRequest, parentId: number): readonly Uint8Array[] {
  const {
    command,
    args,
    env,
    cwd,
    stdin,
    stdout = 'pipe',
    stderr = 'pipe',
    privileges = {},
    ttlMs = null,
    word = '',
  } = request
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const paths = [stdout, stderr].flatMap(kind => textOf(kind) ?? [])
  const texts = [command, ...args, ...variables, cwd ?? '', ...paths]
  if (command === '' || texts.some(text => text.includes('\0'))) throw launchFailure(request, 'ERR_INVALID_ARG_VALUE')
  const order: SpawnOrder = {
    key: ++lastKey,
    parentId,
    argv: [command, ...args],
    env: variables,
    cwd: cwd ?? process.cwd(),
    stdio: [stdin === 'pipe' ? 'pipe' : 'null', stdout, stderr],
    noNewPrivileges: privileges.noNewPrivileges ?? true,
    user: privileges.user ?? null,
    nice: privileges.nice ?? null,
    limits: privileges.limits ?? [],
    ttlMs,
    word,
  }
  const frames = encodeSpawn(id, order)
  if (!frames.ok) throw launchFailure(request, frames.problem)
  return frames.value
}

/** A keeper's `failed`. */
export class SpawnFailed extends Error {
  readonly errno: number
  readonly step: number

  constructor(errno: number, step: number) {
    super(`errno ${errno} at step ${step}`)
    this.errno = errno
    this.step = step
  }
}

/** The keeper has gone, or never heard the question. */
export class KeeperLost extends Error {}

/** What kept a process from starting, for who asked for it. */
export function failureOf(request: LaunchRequest, error: unknown): unknown {
  if (error instanceof KeeperLost) return launchFailure(request, 'ESRCH', error, 'link')
  if (error instanceof SpawnFailed) {
    const step = SPAWN_STEPS[error.step - 1] ?? 'other'
    const code = ERRNO_NAMES.get(error.errno) ?? `errno ${error.errno}`
    return launchFailure(request, code, error, PLAIN_STEPS.includes(step) ? undefined : step)
  }
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    return launchFailure(request, String(error.code), error, 'pipes')
  }
  return error
}

/** Where a keeper is wanted and nothing is launched. */
export function nobody(service: string): LaunchRequest {
  return { service, command: service, args: [], env: {}, stdin: 'ignore' }
}
