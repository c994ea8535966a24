/** Who is left of an escape: living processes that bear its mark in the environment they were started with. */

import { readdirSync, readFileSync } from 'node:fs'
import { hasEnded, readIdentity } from '../../../src/os/process.js'
import { MARK } from './ways.js'

/** Pids. Only root sees those of another user. */
export function survivorsOf(mark: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0 && bears(pid, `${MARK}=${mark}`) && isAlive(pid))
}

function bears(pid: number, variable: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable)
  } catch (error) {
    // It has ended since it was listed, or is another user's.
    if (error instanceof Error && 'syscall' in error) return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  const identity = readIdentity(pid)
  return identity !== null && !hasEnded(identity)
}
