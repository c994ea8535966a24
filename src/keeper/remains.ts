/** What a keeper that was killed has left behind: its processes, found again by the mark that it gave each of them. */

import { closeSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { hasEnded, type ProcessIdentity, readIdentity } from '../os/process.js'
import { spawnSocketIn } from './ear.js'

/** First bytes of a journal, as `native/journal.c` writes them: "ESPAL1", and the version of the file. */
const MAGIC = 0x314c_4150_5345_0001n

const HEAD_BYTES = 32

/** Which generation launched a process, and as which of its nodes. */
const MARK = /^ESPALIER_NODE=(\d{1,20})\.(\d{1,10})$/

/** Longest walk from a process to its keeper; one that is longer is taken for a walk that gets there. */
const WALK_MAX = 512

/** Used again and again: `readFileSync` takes 64 KiB anew for each file of /proc, which an environment seldom needs. */
const chunk = Buffer.alloc(16 * 1024)

/** A process that leads a group and bears the mark of a keeper, dead or alive, as its own environment has it. Hostile. */
export interface Marked extends ProcessIdentity {
  readonly generation: string
  /** The node that it is, or is a fork of, in the books of that keeper. */
  readonly nodeId: number
  readonly socket: string
  /** Whether it was started as the root of its service. */
  readonly isRoot: boolean
  /** Who asked for it; null where it does not say. */
  readonly askerPid: number | null
}

/** One whose keeper is dead. It is what it was started as, unless it executed itself anew. */
export interface Remain extends Marked {
  /** Its arguments, joined by spaces. Hostile. */
  readonly command: string
}

/** All that bear a mark here but for those whose keeper we know: of them nothing is read. */
export function listMarked(known: ReadonlySet<number>): readonly Marked[] {
  return listPids().flatMap(pid => {
    const identity = known.has(pid) ? null : readIdentity(pid)
    if (identity === null || hasEnded(identity) || identity.pgrp !== pid) return []
    const environment = readWords(pid, 'environ')
    const mark = environment.map(one => MARK.exec(one)).find(one => one !== null)
    if (mark === undefined) return []
    const asker = Number(variableOf(environment, 'SPAWN_PARENT_PID'))
    return {
      ...identity,
      generation: mark[1],
      nodeId: Number(mark[2]),
      socket: variableOf(environment, 'ESPALIER_SOCKET'),
      isRoot: variableOf(environment, 'SPAWN_DEPTH') === '0',
      askerPid: Number.isSafeInteger(asker) && asker > 0 ? asker : null,
    }
  })
}

/**
 * Those of the marked that keepers of `folder` have launched, that live, and that do not descend from `keeperPid`, which keeps
 * the folder now; the eldest first. Only leaders of a group: their groups hold the forks. None where the folder has no journal.
 */
export function findRemains(folder: string, keeperPid: number, marked: readonly Marked[]): readonly Remain[] {
  const generations = generationsOf(folder)
  if (generations.size === 0) return []
  // Only compared: what a process says of itself is no path to be followed.
  const sockets = [folder, realpathSync(folder)].map(spawnSocketIn)
  // Generations count in milliseconds: those of two services may be the same.
  const ours = marked.filter(one => generations.has(one.generation) && sockets.includes(one.socket))
  const found = ours.flatMap(one => {
    const identity = readIdentity(one.pid)
    if (identity === null || hasEnded(identity) || identity.startTicks !== one.startTicks) return []
    if (isBelow(identity, keeperPid)) return []
    return { ...one, command: readWords(one.pid, 'cmdline').join(' ').trimEnd() }
  })
  return found.toSorted((a, b) => a.startTicks - b.startTicks || a.nodeId - b.nodeId)
}

/** Of the journals in a folder, in decimal. */
function generationsOf(folder: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const name of ['exits.0', 'exits.1']) {
    const head = readBytes(join(folder, name))
    if (head.length >= HEAD_BYTES && head.readBigUInt64LE(0) === MAGIC) found.add(String(head.readBigUInt64LE(8)))
  }
  return found
}

/** Where the walk breaks it is said to get there: nobody is taken for a stray whose keeper may be alive. */
function isBelow(identity: ProcessIdentity, keeperPid: number): boolean {
  let at: ProcessIdentity | null = identity
  for (let step = 0; step < WALK_MAX && at !== null; step++) {
    if (at.parentPid === keeperPid) return true
    if (at.parentPid <= 1) return false
    at = readIdentity(at.parentPid)
  }
  return true
}

function variableOf(environment: readonly string[], name: string): string {
  return environment.find(one => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}

function listPids(): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0)
}

/** Empty for a process that is gone, or another user's. */
function readWords(pid: number, file: 'environ' | 'cmdline'): readonly string[] {
  return readBytes(`/proc/${pid}/${file}`).toString('utf8').split('\0')
}

function readBytes(path: string): Buffer {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const parts: Buffer[] = []
    for (let count = readSync(fd, chunk); count > 0; count = readSync(fd, chunk))
      parts.push(Buffer.from(chunk.subarray(0, count)))
    return Buffer.concat(parts)
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return Buffer.alloc(0)
    throw error
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
