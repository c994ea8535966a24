/** Identities: what a pid, a name and a ticket may be. Everything else trusts these shapes once `parse` has seen them. */

/** Largest pid Linux can hand out: `PID_MAX_LIMIT`, 2^22 on 64-bit kernels (proc(5), `/proc/sys/kernel/pid_max`). */
export const PID_MAX = 2 ** 22

/** Longest service or child name, in characters. */
export const NAME_LENGTH_MAX = 64

/** What a service or child name may be made of (SEMANTICS, Bad input). */
export const NAME_PATTERN = /^[A-Za-z0-9._-]{1,64}$/

/** True for an integer in 1..2^22. */
export function isPid(value: unknown): value is number {
  return typeof value === 'number' && value >= 1 && value <= PID_MAX && Number.isInteger(value)
}

/** True for a string of 1 to 64 characters out of `A-Z a-z 0-9 . _ -`. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME_PATTERN.test(value)
}

/**
 * What a grant reserves: a positive safe integer that names one slot of one host and its generation.
 * Opaque to callers; hand it back to `recordSpawn` or `releaseTicket`.
 */
export type Ticket = number
