/** Users as the system's database knows them: files, and whatever else the host asks (NSS). */

import { execFile } from 'node:child_process'
import { EspalierError } from '../../protocol/failures.js'
import type { UserIdentity } from '../../protocol/keeper/spawn.js'
import { show } from '../../protocol/show.js'

/** How long the database may take, in ms: it may be across a network. */
const LOOKUP_MS = 10_000

/** Longest answer that is read, in bytes. */
const ANSWER_BYTES_MAX = 1024 * 1024

/** Supplementary groups that a keeper takes. */
const GROUPS_MAX = 256

export interface UserEntry extends UserIdentity {
  readonly name: string
  readonly home: string
}

/**
 * The user of that name or uid with all its groups; null when there is none.
 * @throws {Error} when the database cannot be asked, or gives more than 256 groups
 */
export async function findUser(nameOrUid: string): Promise<UserEntry | null> {
  const line = await ask('getent', ['passwd', '--', nameOrUid])
  if (line === null) return null
  const [name, , uid, gid, , home] = line.split('\n')[0].split(':')
  const listed = await ask('id', ['-G', '--', name])
  const groups = (listed ?? '').trim().split(/\s+/).map(Number)
  const entry = { name, uid: Number(uid), gid: Number(gid), groups, home: home ?? '' }
  if (listed === null || ![entry.uid, entry.gid, ...groups].every(isId)) {
    throw new Error(`the system's database answered for user ${nameOrUid} what is no user: ${JSON.stringify(line)}`)
  }
  if (groups.length > GROUPS_MAX) {
    throw new Error(`user ${nameOrUid} is in ${groups.length} groups; a service's may be in ${GROUPS_MAX}`)
  }
  return entry
}

/**
 * As whom a service is to run.
 * @throws {EspalierError} `invalid_input` for a user that is not there, or cannot be looked up
 */
export async function serviceUser(service: string, user: string): Promise<UserEntry> {
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

/** What a program prints; null when it says that there is no such thing. */
function ask(program: string, args: readonly string[]): Promise<string | null> {
  return new Promise((settle, reject) => {
    const options = { timeout: LOOKUP_MS, maxBuffer: ANSWER_BYTES_MAX, encoding: 'utf8' } as const
    execFile(program, [...args], options, (error, text) => {
      if (error === null) settle(text)
      else if (typeof error.code === 'number') settle(null)
      else reject(new Error(`users are looked up with ${program}, which does not work here`, { cause: error }))
    })
  })
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1
}
