/** The options of a supervisor, checked. */

import { availableParallelism } from 'node:os'
import { EspalierError } from '../../protocol/failures.js'
import { show } from '../../protocol/show.js'
import type { Clock, SupervisorOptions } from '../api.js'
import { systemClock } from '../clock.js'
import { checkSignal } from './checks.js'

/** A ticket has 4 bits for the host. */
export const HOSTS_MAX = 16
const HOSTS_DEFAULT_MAX = 4
const IN_FLIGHT_MAX = 1_048_576
const IN_FLIGHT_DEFAULT = 65_536

export interface CheckedOptions {
  readonly hosts: number
  readonly clock: Clock
  readonly maxInFlight: number
  readonly signal: AbortSignal | null
}

const KEYS = ['hosts', 'clock', 'maxInFlight', 'signal', 'launcher']

/** @throws {EspalierError} `invalid_input` naming the option, its value and its range */
export function checkOptions(options: SupervisorOptions): CheckedOptions {
  if (typeof options !== 'object') throw invalid(`${show(options)} is no set of options; give an object, or nothing`)
  for (const key of Object.keys(options)) {
    if (!KEYS.includes(key)) throw invalid(`option ${JSON.stringify(key)} is unknown; known are ${KEYS.join(', ')}`)
  }
  const hosts = options.hosts ?? Math.min(availableParallelism(), HOSTS_DEFAULT_MAX)
  const maxInFlight = options.maxInFlight ?? IN_FLIGHT_DEFAULT
  checkCount('hosts', hosts, HOSTS_MAX)
  checkCount('maxInFlight', maxInFlight, IN_FLIGHT_MAX)
  const clock = options.clock ?? systemClock()
  const signal = options.signal ?? null
  if (!isClock(clock)) throw invalid(`option clock is ${show(clock)}; it takes manualClock() of espalier/testing`)
  checkSignal(signal)
  return { hosts, maxInFlight, clock, signal }
}

function checkCount(key: string, value: unknown, most: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return
  throw invalid(`option ${key} is ${show(value)}; it takes a whole number from 1 to ${most}`)
}

function isClock(clock: Clock): boolean {
  const { cell, attach } = clock
  return typeof attach === 'function' && (cell === null || cell instanceof SharedArrayBuffer)
}

function invalid(message: string): EspalierError {
  return new EspalierError('invalid_input', message)
}
