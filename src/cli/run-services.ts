/** What `run` shall run: the services of a config, or one command with its limits. */

import { EspalierError } from '../../protocol/failures.js'
import type { LimitOrigin } from '../../protocol/limit-layers.js'
import { parseLimits } from '../../protocol/limit-parse.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { Abandon, ServiceRun } from '../daemon/context.js'
import type { MetricsAddress } from '../metrics/address.js'
import { nameOf } from '../service.js'
import { UsageError } from './failing.js'

export interface ServicesOptions {
  readonly config?: string
  readonly children?: number
  readonly depth?: number
  readonly descendants?: number
  /** Bytes. */
  readonly memory?: number
  /** In ms. */
  readonly ttl?: number
}

export interface RunOptions extends ServicesOptions {
  readonly showTree: boolean
  readonly runtimeDir?: string
  readonly stateDir?: string
  /** In ms; absent: as long as the services run. */
  readonly timeout?: number
}

/** A run that was killed is started again soon, or not at all. */
const ABANDON_RUN: Abandon = { keep: false, afterMs: 60_000 }

/** The config that is read when neither a file nor a command is given. */
const CONFIG_DEFAULT = 'espalier.yaml'

/** Limits that are given on the command line, and so belong to a command given there. */
const COMMAND_OPTIONS = ['children', 'depth', 'descendants', 'memory', 'ttl'] as const

/** What a config says: what to run, and where to serve metrics. */
export interface RunPlan {
  readonly services: readonly ServiceRun[]
  readonly metrics: MetricsAddress | null
}

/** The services alone. @throws as `planOf` */
export async function servicesOf(
  command: readonly string[],
  options: ServicesOptions,
  abandon: Abandon = ABANDON_RUN,
): Promise<readonly ServiceRun[]> {
  return (await planOf(command, options, abandon)).services
}

/**
 * What to run. The config reader is loaded only for a config.
 * @throws {UsageError} for a mixture of both. @throws {ConfigError} for a file that cannot be used.
 */
export async function planOf(
  command: readonly string[],
  options: ServicesOptions,
  abandon: Abandon = ABANDON_RUN,
): Promise<RunPlan> {
  if (command.length > 0) {
    if (options.config !== undefined) throw new UsageError('give -c with a file, or a command after --, not both')
    return { services: [commandService(command, options, abandon)], metrics: null }
  }
  const stray = COMMAND_OPTIONS.find(key => options[key] !== undefined)
  if (stray !== undefined) {
    throw new UsageError(`--${stray} goes with a command after --; in a config it stands in the service's limits`)
  }
  const { loadRunnable } = await import('../config/runnable.js')
  const { services, metrics = null } = await loadRunnable(options.config ?? CONFIG_DEFAULT)
  const runs = services.map(service => ({ ...service, ttlMs: null, abandon: service.abandoned ?? abandon }))
  return { services: runs, metrics }
}

function commandService(command: readonly string[], options: ServicesOptions, abandon: Abandon): ServiceRun {
  if (command[0] === '') throw new UsageError('the command after -- is empty: name a program to run')
  const limits: LimitsInput = {
    children: options.children ?? null,
    depth: options.depth ?? null,
    descendants: options.descendants ?? null,
    totalMemory: options.memory ?? null,
  }
  checkLimits(limits)
  const typed = (option: string): LimitOrigin => ({ from: 'command', command: option, atMs: null })
  const limitOrigins = {
    children: typed('--children'),
    depth: typed('--depth'),
    descendants: typed('--descendants'),
    totalMemory: typed('--memory'),
  }
  const ttlMs = options.ttl ?? null
  return { name: nameOf(command[0]), command, env: {}, cwd: process.cwd(), limits, limitOrigins, ttlMs, abandon }
}

/** The supervisor would refuse them too, when sockets and threads stand already. */
function checkLimits(limits: LimitsInput): void {
  try {
    parseLimits(limits)
  } catch (error) {
    if (error instanceof EspalierError) throw new UsageError(error.message)
    throw error
  }
}
