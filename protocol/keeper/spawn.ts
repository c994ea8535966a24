/** A spawn as frames: one, or as many `text` frames before it as its texts take. */

import { accept, type Parsed, reject } from '../parsed.js'
import { encodeCommand, encodeNumbers } from './frames.js'
import { sizeOf, writeFields } from './layout.js'
import { COMMANDS, KEEPER_FLAGS, KEEPER_FRAME_BYTES_MAX, RESOURCE_LIMIT, SPAWN_TEXT_BYTES_MAX } from './messages.js'

/** Where a stream of a new process leads. */
export type StdioKind = 'null' | 'pipe' | { readonly path: string } | StdioLog

/** Into the log of the service, under this label: letters, digits, `. _ : -`, at most 129 of them. Outputs only. */
export interface StdioLog {
  readonly label: string
}

export interface ResourceLimit {
  /** `RLIMIT_*` as the kernel numbers it. */
  readonly resource: number
  readonly soft: number
  readonly hard: number
}

/** Whom a process runs as. */
export interface UserIdentity {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups, at most 256; those of the keeper are given up. */
  readonly groups: readonly number[]
}

/** All that a keeper is told of a process. No text may hold a NUL; the first argument names the program. */
export interface SpawnOrder {
  readonly key: number
  readonly parentId: number
  readonly argv: readonly string[]
  /** The whole environment, `NAME=value` each. */
  readonly env: readonly string[]
  readonly cwd: string
  readonly stdio: readonly [StdioKind, StdioKind, StdioKind]
  readonly noNewPrivileges: boolean
  readonly user: UserIdentity | null
  readonly nice: number | null
  readonly limits: readonly ResourceLimit[]
  /** Time to live in ms, for a keeper without a daemon; null for none. */
  readonly ttlMs: number | null
  /** Kept by the keeper and told again: at most `KEEPER_WORD_BYTES_MAX` as UTF-8. */
  readonly word: string
}

const encoder = new TextEncoder()

/** Room for the tail in the frame of a spawn itself, in bytes. */
const TAIL_BYTES_MAX = KEEPER_FRAME_BYTES_MAX - 5 - sizeOf(COMMANDS.spawn.fields)

/** Room for text in a `text` frame, in bytes. */
const TEXT_BYTES_MAX = KEEPER_FRAME_BYTES_MAX - 5

/** The frames of one spawn, to be sent in a row; or why the keeper could not take it: `E2BIG`. */
export function encodeSpawn(id: number, order: SpawnOrder): Parsed<readonly Uint8Array[]> {
  const tail = tailOf(order)
  if (tail.length > SPAWN_TEXT_BYTES_MAX) return reject('E2BIG')
  const frames: Uint8Array[] = []
  let at = 0
  while (tail.length - at > TAIL_BYTES_MAX) {
    frames.push(encodeCommand('text', id, {}, tail.subarray(at, at + TEXT_BYTES_MAX)))
    at = Math.min(at + TEXT_BYTES_MAX, tail.length)
  }
  frames.push(encodeCommand('spawn', id, fieldsOf(order), tail.subarray(at)))
  return accept(frames)
}

function fieldsOf({ key, parentId, argv, env, stdio, noNewPrivileges, user, nice, limits, ttlMs, word }: SpawnOrder) {
  const flags =
    KEEPER_FLAGS.spawn_session |
    (noNewPrivileges ? KEEPER_FLAGS.spawn_no_new_privileges : 0) |
    (user === null ? 0 : KEEPER_FLAGS.spawn_user) |
    (nice === null ? 0 : KEEPER_FLAGS.spawn_nice)
  return {
    key,
    parentId,
    flags,
    uid: user?.uid ?? 0,
    gid: user?.gid ?? 0,
    nice: (nice ?? 0) >>> 0,
    groupCount: user?.groups.length ?? 0,
    limitCount: limits.length,
    argumentCount: argv.length,
    variableCount: env.length,
    stdinKind: numberOf(stdio[0]),
    stdoutKind: numberOf(stdio[1]),
    stderrKind: numberOf(stdio[2]),
    ttlMs: ttlMs ?? 0,
    wordBytes: encoder.encode(word).length,
  }
}

function tailOf({ argv, env, cwd, stdio, user, limits, word }: SpawnOrder): Uint8Array {
  const groups = encodeNumbers(user?.groups ?? [])
  const limitBytes = sizeOf(RESOURCE_LIMIT)
  const list = new DataView(new ArrayBuffer(limits.length * limitBytes))
  limits.forEach(({ resource, soft, hard }, at) => {
    writeFields(list, at * limitBytes, RESOURCE_LIMIT, { resource, soft, hard })
  })
  const paths = stdio.flatMap(kind => textOf(kind) ?? [])
  const text = encoder.encode(`${[cwd, ...argv, ...env, ...paths].join('\0')}\0${word}`)
  const tail = new Uint8Array(groups.length + list.byteLength + text.length)
  tail.set(groups)
  tail.set(new Uint8Array(list.buffer), groups.length)
  tail.set(text, groups.length + list.byteLength)
  return tail
}

/** What a keeper is told of a stream beside its kind: a path or a label; null: nothing. */
export function textOf(kind: StdioKind): string | null {
  if (typeof kind === 'string') return null
  return 'path' in kind ? kind.path : kind.label
}

function numberOf(kind: StdioKind): number {
  if (kind === 'null') return KEEPER_FLAGS.stdio_null
  if (kind === 'pipe') return KEEPER_FLAGS.stdio_pipe
  return 'path' in kind ? KEEPER_FLAGS.stdio_file : KEEPER_FLAGS.stdio_log
}
