/** What a service's processes may do and use: `user`, `no_new_privs`, `nice`, `rlimits`. */

import type { ResourceLimit } from '../../protocol/keeper/spawn.js'
import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { readBytes } from '../../protocol/units.js'
import type { Complain } from './fields.js'

/** Names of `ulimit` and limits.conf, and the kernel's number of each. Sizes are bytes, `cpu` seconds, `rttime` us, the others counts. */
export const RESOURCES = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
} as const

/** Lowest number, which is served first, and highest. */
export const NICE = { least: -20, most: 19 } as const

const RLIMIT_ACCEPTED = "give a number, a size such as 512M, unlimited, or two of them for soft and hard: '1024:4096'"

/** Name or uid of a user. */
export const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/

/** Longest name of a user that is looked up. */
const USER_LENGTH_MAX = 256

/** What is wrong with the name or uid of a user, or null. Whether there is such a user is asked when the service starts. */
export function userProblem(value: unknown): string | null {
  if (typeof value === 'string' && value.length <= USER_LENGTH_MAX && USER.test(value)) {
    return null
  }
  return `${show(value)} is not a user; give a name or a uid, or leave it out to run as espalier itself`
}

export function noNewPrivsProblem(value: unknown): string | null {
  return typeof value === 'boolean' ? null : `${show(value)} is neither true nor false; true is the default`
}

export function niceProblem(value: unknown): string | null {
  const isNice = typeof value === 'number' && Number.isInteger(value) && value >= NICE.least && value <= NICE.most
  if (isNice) return null
  return `${show(value)} is not a priority; give a whole number from ${NICE.least} (served first) to ${NICE.most}`
}

/** Resource limits by name. */
export function readResourceLimits(value: unknown, complain: Complain): readonly ResourceLimit[] {
  if (value === null) return []
  if (typeof value !== 'object' || Array.isArray(value)) {
    complain([], `${show(value)} is not a set of resource limits; give a mapping such as { nofile: 1024, core: 0 }`)
    return []
  }
  const limits: ResourceLimit[] = []
  for (const [name, text] of Object.entries(value as object)) {
    const limit = readLimit(name, text)
    if (typeof limit === 'string') complain([name], limit)
    else limits.push(limit)
  }
  return limits
}

function readLimit(name: string, text: unknown): ResourceLimit | string {
  if (!Object.hasOwn(RESOURCES, name)) {
    const known = Object.keys(RESOURCES)
    return `${show(name)} is not a resource.${suggestion(name, known)} Resources are ${known.join(', ')}`
  }
  const [soft, hard = soft, ...rest] = typeof text === 'string' ? text.split(':').map(readBound) : [readBound(text)]
  if (soft === null || hard === null || rest.length > 0) return `${show(text)} is not a limit; ${RLIMIT_ACCEPTED}`
  if (soft > hard) return `${show(text)} has a soft limit above its hard one; swap them, or give one number for both`
  return { resource: RESOURCES[name as keyof typeof RESOURCES], soft, hard }
}

function readBound(text: unknown): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY
  const bytes = readBytes(text)
  return bytes.ok ? bytes.value : null
}
