/** The shape of a config file, in systemg's spelling. Each field is read on its own, so that all problems show at once. */

import { z } from 'zod'
import { parseLimitsYaml } from '../../protocol/limit-parse.js'
import type { LimitsInput } from '../../protocol/limits.js'
import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { readAbandoned } from './abandoned.js'
import { readEnvFiles } from './env-file.js'
import { type Complain, cwdProblem, readCommand, readEnv } from './fields.js'
import { readHooks } from './hooks.js'
import { readLogs } from './logs.js'
import { readMetricsAddress } from './metrics.js'
import { readDependsOn, readReady } from './ready.js'
import { readRestart } from './restart.js'
import { niceProblem, noNewPrivsProblem, readResourceLimits, userProblem } from './rights.js'

/** `dynamic`: its processes spawn within the limits. `static`: they do not spawn at all. */
export const MODES = ['dynamic', 'static'] as const

const versionShape = z
  .unknown()
  .refine(isVersion, {
    error: issue => `${show(issue.input)} is not a version that is understood; write 1, or leave it out`,
  })
  .optional()

// An absent key is read as null, so that its reader says what is missing; zod would say "expected nonoptional".
const given = z.unknown().prefault(null)

const commandShape = given.transform((value, context) => readCommand(value, complaining(context)))

const envShape = given.transform((value, context) => readEnv(value, complaining(context)))

const envFileShape = z
  .unknown()
  .transform((value, context) => readEnvFiles(value, complaining(context)))
  .optional()

const cwdShape = checked<string>(cwdProblem)

const rlimitsShape = z
  .unknown()
  .transform((value, context) => readResourceLimits(value, complaining(context)))
  .optional()

const abandonedShape = z
  .unknown()
  .transform((value, context) => readAbandoned(value, complaining(context)))
  .optional()

const restartShape = z
  .unknown()
  .transform((value, context) => readRestart(value, complaining(context)))
  .optional()

const hooksShape = z
  .unknown()
  .transform((value, context) => readHooks(value, complaining(context)))
  .optional()

const dependsOnShape = z
  .unknown()
  .transform((value, context) => readDependsOn(value, complaining(context)))
  .optional()

const readyShape = z
  .unknown()
  .transform((value, context) => readReady(value, complaining(context)))
  .optional()

const limitsShape = given.transform((value, context): LimitsInput => {
  const { limits, problems } = parseLimitsYaml(value)
  for (const { path, message } of problems) complaining(context)(path, message)
  return limits
})

const spawnShape = z.strictObject(
  {
    mode: z.enum(MODES, { error: issue => notAMode(issue.input) }).nullish(),
    limits: limitsShape,
  },
  { error: issue => `${show(issue.input)} is not understood; give mode and limits` },
)

const logsShape = (isOfAll: boolean) =>
  z
    .unknown()
    .transform((value, context) => readLogs(value, complaining(context), isOfAll))
    .optional()

const serviceShape = z.strictObject(
  {
    command: commandShape,
    env: envShape,
    env_file: envFileShape,
    cwd: cwdShape,
    user: checked<string>(userProblem),
    no_new_privs: checked<boolean>(noNewPrivsProblem),
    nice: checked<number>(niceProblem),
    rlimits: rlimitsShape,
    abandoned: abandonedShape,
    depends_on: dependsOnShape,
    ready: readyShape,
    restart: restartShape,
    logs: logsShape(false),
    on: hooksShape,
    spawn: spawnShape.nullish(),
  },
  { error: issue => `${show(issue.input)} is not a service; give at least a command` },
)

const metricsShape = z.strictObject(
  { listen: given.transform((value, context) => readMetricsAddress(value, complaining(context))) },
  { error: issue => `${show(issue.input)} is not understood; write metrics: { listen: '127.0.0.1:9464' }` },
)

/** The whole file. Names of services are checked by who reads it: they are keys. */
export const configShape = z.strictObject(
  {
    version: versionShape,
    services: z.record(z.string(), serviceShape, {
      error: issue =>
        issue.input === undefined || issue.input === null
          ? 'there are no services; write services: { name: { command: ... } }'
          : `${show(issue.input)} is not a set of services; write services: { name: { command: ... } }`,
    }),
    metrics: metricsShape.nullish(),
    logs: logsShape(true),
  },
  { error: issue => `${show(issue.input)} is not a config; write services: { name: { command: ... } }` },
)

/** A key of the file itself. */
export type FileKey = keyof typeof configShape.shape

/** A key of a service. */
export type ServiceKey = keyof typeof serviceShape.shape

/** The keys that may stand at a place of the shape, by how deep it is: the file, `metrics`, a service, its `spawn`. */
const KEYS_BY_DEPTH: Readonly<Record<number, readonly string[]>> = {
  0: Object.keys(configShape.shape),
  1: Object.keys(metricsShape.shape),
  2: Object.keys(serviceShape.shape),
  3: Object.keys(spawnShape.shape),
}

/** What is wrong with a key that the shape does not know, `depth` keys below the top. */
export function unknownKeyProblem(key: string, depth: number): string {
  const known = KEYS_BY_DEPTH[depth] ?? []
  return `${show(key)} is not a key here.${suggestion(key, known)} Keys are ${known.join(', ')}`
}

/** A field that is what it should be, or has a problem; absent it stays. */
function checked<T>(problemOf: (value: unknown) => string | null) {
  return z
    .unknown()
    .transform((value, context): T => {
      const problem = problemOf(value)
      if (problem !== null) complaining(context)([], problem)
      return value as T
    })
    .optional()
}

function complaining(context: z.core.$RefinementCtx): Complain {
  return (path, message) => context.addIssue({ code: 'custom', message, path: [...path] })
}

function isVersion(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return (typeof value === 'string' || typeof value === 'number') && /^1(\.\d+)*$/.test(String(value))
}

function notAMode(value: unknown): string {
  const hint = typeof value === 'string' ? suggestion(value, MODES) : ''
  return `${show(value)} is not a mode.${hint} Modes are ${MODES.join(', ')}`
}
