/** Records, exits and releases are safe to repeat, so a host that dies under one of them is no reason to lose it. */

import { setTimeout as delay } from 'node:timers/promises'
import { EspalierError } from '../protocol/failures.js'

/** How often an operation is tried: with the pauses below, about 1.6 s, while a host is replaced within 0.1 s. */
export const ATTEMPTS_MAX = 8

/** First and longest pause between two attempts, in ms; it doubles. */
const PAUSE_MS = { first: 20, longest: 500 } as const

/** Repeats `operation` while it fails with `host_lost`, at most `ATTEMPTS_MAX` times; every other failure is final. */
export async function persist<T>(operation: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await operation()
    } catch (error) {
      if (!isFailure(error, 'host_lost') || attempt === ATTEMPTS_MAX) throw error
      await delay(Math.min(PAUSE_MS.first * 2 ** (attempt - 1), PAUSE_MS.longest))
    }
  }
}

/** As `persist`, with null in place of any `EspalierError`: for what is only tidying up. */
export async function persistIfPossible<T>(operation: () => Promise<T>): Promise<T | null> {
  try {
    return await persist(operation)
  } catch (error) {
    // The books are closed, or their host is gone for good: there is nothing left to tidy.
    if (error instanceof EspalierError) return null
    throw error
  }
}

function isFailure(error: unknown, code: EspalierError['code']): boolean {
  return error instanceof EspalierError && error.code === code
}
