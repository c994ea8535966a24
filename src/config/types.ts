/** What a config file says, read and checked. No parser is loaded by importing this. */

import type { ResourceLimit } from '../../protocol/keeper/spawn.js'
import type { LimitLayer } from '../../protocol/limit-layers.js'
import type { LimitsInput } from '../../protocol/limits.js'
import type { RestartPolicy } from '../../protocol/restarts.js'
import type { MetricsAddress } from '../metrics/address.js'

/** How much of its output is kept; what is absent is as the file has it for all, else as by default. */
export interface LogBounds {
  /** Of one file, in bytes. */
  readonly maxBytes?: number
  readonly files?: number
  /** Of all services together, in bytes. */
  readonly totalBytes?: number
}

/** Where neither the service nor its config says anything: 10 MiB a file, five of them, and 1 GiB of all services. */
export const LOG_DEFAULTS = { maxBytes: 10 * 1024 ** 2, files: 5, totalBytes: 1024 ** 3 } as const

/** How long a hook may run where nothing is said, in ms. */
export const HOOK_TIMEOUT_MS = 30_000

/** What a hook may be for: an ask that was refused, an exit, an end that a quota ordered, a process beyond a limit. */
export const HOOK_KINDS = ['refused', 'exited', 'quota', 'limit_overrun'] as const
export type HookKind = (typeof HOOK_KINDS)[number]

/** Programs that are run when something happens. */
export interface Hooks {
  /** The program and its arguments of each kind that has one. */
  readonly commands: ReadonlyMap<HookKind, readonly string[]>
  /** How long one may run, in ms. */
  readonly timeoutMs: number
}

/** How it is found out that a service is ready: by a program that exits 0, or by a line of its output. */
export type ReadyProbe =
  /** Tried each `intervalMs`. */
  | {
      readonly kind: 'exec'
      readonly command: readonly string[]
      readonly intervalMs: number
      readonly timeoutMs: number
    }
  /** `pattern` is the source of a regular expression that is found in the line. */
  | { readonly kind: 'log'; readonly pattern: string; readonly timeoutMs: number }

/** One service of the file. */
export interface ServiceConfig {
  /** 1 to 64 characters out of `A-Z a-z 0-9 . _ -`. */
  readonly name: string
  /** The program and its arguments; at least the program, which is not ''. */
  readonly command: readonly string[]
  /** Laid over the base environment that every service gets. */
  readonly env: Readonly<Record<string, string>>
  /** Absolute paths of files with variables, over which `env` lies; absent: none. Once it was loaded `env` has them. */
  readonly envFiles?: readonly string[]
  /** Absolute; by default the folder of the config file. */
  readonly cwd: string
  /** The limits that the file gives, each one checked; the others are absent. */
  readonly limits: LimitsInput
  /** Where each of them stands; absent: nobody can say. */
  readonly limitOrigins?: LimitLayer['origins']
  /** What becomes of its processes when no daemon is there; absent: as `run` and `up` have it. */
  readonly abandoned?: { readonly keep: boolean; readonly afterMs: number }
  /** Absent: the default of each. */
  readonly logs?: LogBounds
  /** Services that must be ready before it starts, none twice; absent: none. */
  readonly dependsOn?: readonly string[]
  /** Absent: it is ready once it was started. */
  readonly ready?: ReadyProbe
  /** When its root is started again; absent: never. */
  readonly restart?: RestartPolicy
  /** Absent: none. */
  readonly on?: Hooks
  /** Name or uid of whom its processes run as; absent: as espalier itself. */
  readonly user?: string
  /** Whether setuid bits count for nothing; absent: as true, where there is a keeper. */
  readonly noNewPrivileges?: boolean
  /** -20 (served first) to 19; absent: as espalier itself. */
  readonly nice?: number
  /** Absent: those that espalier was started with. */
  readonly resourceLimits?: readonly ResourceLimit[]
}

/** What is to be run. `file` is absolute, or null when the services were given on the command line. */
export interface Config {
  readonly file: string | null
  /** At least one, in the order of the file. */
  readonly services: readonly ServiceConfig[]
  /** Where a daemon serves its metrics; absent: nowhere. */
  readonly metrics?: MetricsAddress
}

/** One thing wrong with a config file. */
export interface ConfigProblem {
  /** As the caller named it. */
  readonly file: string
  /** From 1; 0 when the file as a whole is meant (it cannot be read). */
  readonly line: number
  /** From 1, in UTF-16 units as editors count; 0 when the file as a whole is meant. */
  readonly column: number
  /** Where it stands, such as `services.web.spawn.limits.depth` or `services.web.command[1]`; '' for the whole. */
  readonly key: string
  /** The value, the rule and the way out. */
  readonly message: string
}

/** A config that cannot be used. `message` has one line for each problem: `file:line:column: key: message`. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[], options?: { readonly cause?: unknown }) {
    super(problems.map(line).join('\n'), options)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

function line(problem: ConfigProblem): string {
  const place = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`
  return problem.key === '' ? `${place}: ${problem.message}` : `${place}: ${problem.key}: ${problem.message}`
}
