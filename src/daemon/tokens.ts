/** Tokens: who holds one speaks for the process that it names. */

import { randomBytes } from 'node:crypto'
import type { ManagedProcess } from './process.js'

/** How long a process that is quicker than its own registration waits for it, in ms. */
const BIND_MS = 5000

/** A token handed to a process that is being launched. */
export interface IssuedToken {
  readonly token: string
  /** The process is known now. */
  bind(process: ManagedProcess): void
  /** The process has ended, or never was: the token says nothing any more. */
  drop(): void
}

export interface TokenTable {
  /** 32 random bytes in hex; or the token that a process has of a daemon before this one. */
  issue(token?: string): IssuedToken
  /** Whom a token names; null for one never issued or dropped. Waits for a process that is still being registered. */
  find(token: string): Promise<ManagedProcess | null>
  readonly size: number
}

/** An empty table. Tokens are compared by a hash table's lookup: 256 random bits leave nothing to time. */
export function createTokenTable(): TokenTable {
  const holders = new Map<string, Promise<ManagedProcess | null>>()
  return {
    issue(token = randomBytes(32).toString('hex')) {
      let settle: (process: ManagedProcess | null) => void = () => undefined
      const holder = new Promise<ManagedProcess | null>(done => {
        settle = done
      })
      holders.set(token, holder)
      return {
        token,
        bind: settle,
        drop() {
          holders.delete(token)
          settle(null)
        },
      }
    },
    async find(token) {
      const holder = holders.get(token)
      if (holder === undefined) return null
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<null>(done => {
        timer = setTimeout(() => done(null), BIND_MS)
      })
      const process = await Promise.race([holder, late])
      clearTimeout(timer)
      return holders.has(token) ? process : null
    },
    get size() {
      return holders.size
    },
  }
}
