/** The rights of a service: those of its root, and of everything spawned in it, so that no spawn has more. */

import { EspalierError } from '../../protocol/failures.js'
import { show } from '../../protocol/show.js'
import type { ServiceConfig } from '../config/types.js'
import type { Privileges } from '../launch.js'
import { findUser, type UserEntry } from '../os/users.js'

export interface ServiceRights {
  /** Absent where the config asks for nothing. */
  readonly privileges?: Privileges
  /** What its environment says of its user, in place of ours. */
  readonly env: Readonly<Record<string, string>>
}

const NONE: ServiceRights = { env: {} }

/** By service. */
export type RightsTable = Map<string, ServiceRights>

/**
 * Notes the rights of services that have none noted: one that runs keeps those that it was started with.
 * @throws {EspalierError} `invalid_input` for a user that is not there
 */
export async function noteRights(rights: RightsTable, services: readonly ServiceConfig[]): Promise<void> {
  for (const service of services) {
    if (!rights.has(service.name)) rights.set(service.name, await rightsOfOne(service))
  }
}

/** The rights of a service. @throws {EspalierError} `unavailable` where none are noted: nothing starts with ours by mistake */
export function heldRights(rights: RightsTable, service: string): ServiceRights {
  const held = rights.get(service)
  if (held !== undefined) return held
  throw new EspalierError('unavailable', `the rights of service ${service} are not known; nothing is started in it`)
}

async function rightsOfOne({
  name,
  user,
  noNewPrivileges,
  nice,
  resourceLimits,
}: ServiceConfig): Promise<ServiceRights> {
  const entry = user === undefined ? null : await lookUp(name, user)
  const privileges: Privileges = {
    ...(entry === null || isOurs(entry) ? {} : { user: { uid: entry.uid, gid: entry.gid, groups: entry.groups } }),
    ...(noNewPrivileges === undefined ? {} : { noNewPrivileges }),
    ...(nice === undefined ? {} : { nice }),
    ...(resourceLimits === undefined ? {} : { limits: resourceLimits }),
  }
  if (Object.keys(privileges).length === 0 && entry === null) return NONE
  const env: Record<string, string> = entry === null ? {} : { HOME: entry.home, USER: entry.name }
  return Object.keys(privileges).length === 0 ? { env } : { privileges, env }
}

/** One who is not root may name himself: there is nothing to change then, and nothing that he could. */
function isOurs({ uid, gid }: UserEntry): boolean {
  return uid !== 0 && process.getuid?.() === uid && process.getgid?.() === gid
}

async function lookUp(service: string, user: string): Promise<UserEntry> {
  let entry: UserEntry | null
  try {
    entry = await findUser(user)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw invalid(`the user ${show(user)} of service ${service} cannot be looked up: ${error.message}`, error)
  }
  if (entry !== null) return entry
  throw invalid(`there is no user ${show(user)}, as whom service ${service} is to run; create it, or name another`)
}

function invalid(message: string, cause?: unknown): EspalierError {
  return new EspalierError('invalid_input', message, { cause })
}
