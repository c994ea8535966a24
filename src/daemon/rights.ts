/** The rights of a service: those of its root, and of everything spawned in it, so that no spawn has more. */

import { EspalierError } from '../../protocol/failures.js'
import type { ServiceConfig } from '../config/types.js'
import type { Privileges } from '../launch.js'
import { serviceUser, type UserEntry } from '../os/users.js'

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
  const entry = user === undefined ? null : await serviceUser(name, user)
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
