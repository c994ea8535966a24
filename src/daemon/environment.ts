/** The environment of a process: built, never inherited from the daemon. */

import type { DaemonContext } from './context.js'
import type { IssuedToken } from './tokens.js'

/** What a service gets of the daemon's own environment. */
const BASE_NAMES = ['PATH', 'HOME', 'USER', 'LANG', 'TZ'] as const

/** Where commands are looked for when the daemon itself has no PATH. */
const PATH_DEFAULT = '/usr/local/bin:/usr/bin:/bin'

/** What names a process to itself and to the daemon. */
export interface OwnVariables {
  readonly socket: string
  readonly service: string
  /** Null where the kernel says who asks. */
  readonly token: string | null
  readonly depth: number
  readonly parentPid: number
}

/** Where a process of this service asks, and what it shows there: its keeper knows it, in portable mode its token speaks. */
export function voiceOf(
  { core, paths }: DaemonContext,
  service: string,
  { token }: IssuedToken,
): Pick<OwnVariables, 'socket' | 'token'> {
  const socket = core.launcher.spawnSocketOf?.(service)
  return socket === undefined ? { socket: paths.spawnSocket, token } : { socket, token: null }
}

/** For a root: what its service has, then what is ours. */
export function rootEnvironment(
  daemon: Readonly<NodeJS.ProcessEnv>,
  service: Readonly<Record<string, string>>,
  own: OwnVariables,
): Readonly<Record<string, string>> {
  return childEnvironment(serviceEnvironment(daemon, service), own)
}

/** What every service gets of the daemon's own, then its own `env`. */
export function serviceEnvironment(
  daemon: Readonly<NodeJS.ProcessEnv>,
  service: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...baseEnvironment(daemon), ...service }
}

/** What every service, and every hook, gets of the daemon's own. */
export function baseEnvironment(daemon: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const base: Record<string, string> = { PATH: PATH_DEFAULT }
  for (const name of BASE_NAMES) {
    const value = daemon[name]
    if (value !== undefined) base[name] = value
  }
  return base
}

/** For a child: what its asker sent along, less `ESPALIER_*`, then what is ours. */
export function childEnvironment(
  asker: Readonly<Record<string, string>>,
  own: OwnVariables,
): Readonly<Record<string, string>> {
  const kept = Object.entries(asker).filter(([name]) => !name.startsWith('ESPALIER_'))
  return {
    ...Object.fromEntries(kept),
    ESPALIER_SOCKET: own.socket,
    ESPALIER_SERVICE: own.service,
    ...(own.token === null ? {} : { ESPALIER_TOKEN: own.token }),
    SPAWN_DEPTH: String(own.depth),
    SPAWN_PARENT_PID: String(own.parentPid),
  }
}
