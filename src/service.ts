/** `supervisor.service(name)`: one service as a place to spawn in. */

import { basename } from 'node:path'
import { EspalierError } from '../protocol/failures.js'
import { NAME_LENGTH_MAX } from '../protocol/ids.js'
import { show } from '../protocol/show.js'
import type { ServiceHandle } from './api.js'
import type { Core } from './core.js'
import { embedded } from './embedded.js'
import { type Environment, endChild, type SpawningCore, spawnChild } from './spawn.js'
import { checkSpawnOptions } from './supervisor/checks.js'

/**
 * The handle of a service. The name is looked up at each spawn, so a handle may be taken before the service is registered.
 * `spawn` builds the environment: PATH, HOME, USER, LANG and TZ of this process, overlaid by `options.env`.
 */
export function serviceHandle(
  core: SpawningCore & Pick<Core, 'services' | 'getSpawnTree'>,
  name: string,
): ServiceHandle {
  return {
    name,
    async spawn(command, args, options) {
      const { parentPid, env, cwd, ttlMs, timeoutMs, forceKillAfterMs, wait, signal, name: childName } = options ?? {}
      if (core.limitsOf(name) === null) {
        // A closed supervisor says that first.
        await core.services()
        throw new EspalierError('invalid_input', `no service ${show(name)}; register it with registerService first`)
      }
      if (args != null && !Array.isArray(args)) {
        throw new EspalierError('invalid_input', `the arguments are ${show(args)}; give a list of strings`)
      }
      checkSpawnOptions(options ?? {})
      if (parentPid != null) await checkParent(core, name, parentPid)
      const child = await spawnChild(core, {
        service: name,
        parentPid: parentPid ?? null,
        name: childName ?? (typeof command === 'string' ? nameOf(command) : 'child'),
        command,
        args: args ?? [],
        env: overlay(baseEnvironment(process.env), env ?? {}),
        cwd: cwd ?? undefined,
        ttlMs: ttlMs ?? null,
        wait: wait ?? undefined,
        graceMs: forceKillAfterMs ?? undefined,
        stdin: 'pipe',
        signal: signal ?? undefined,
      })
      return embedded(child, {
        timeoutMs: timeoutMs ?? null,
        forceKillAfterMs: forceKillAfterMs ?? null,
        end: () => endChild(core, name, child.pid, forceKillAfterMs ?? undefined),
      })
    },
  }
}

/** The base name of a command made to fit the pattern of names; `child` when nothing is left of it. */
export function nameOf(command: string): string {
  const fitting = basename(command).replace(/[^A-Za-z0-9._-]+/g, '-')
  return fitting.slice(0, NAME_LENGTH_MAX) || 'child'
}

/** Asked before anything is charged to the other service; an unknown parent is left to the refusal `no_tree`. */
async function checkParent(core: Pick<Core, 'getSpawnTree'>, name: string, parentPid: number): Promise<void> {
  const tree = await core.getSpawnTree(parentPid)
  if (tree === null || tree.serviceName === name) return
  throw new EspalierError(
    'invalid_input',
    `parent ${parentPid} belongs to service '${tree.serviceName}', not '${name}'; spawn through its own service`,
  )
}

/** Environments are built, not inherited: what a process needs to find its way, and no secret of ours. */
function baseEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(['PATH', 'HOME', 'USER', 'LANG', 'TZ'].map(key => [key, env[key]]))
}

function overlay(base: NodeJS.ProcessEnv, over: NodeJS.ProcessEnv): Environment {
  const variables = Object.entries({ ...base, ...over })
  return Object.fromEntries(variables.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
