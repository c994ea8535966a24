/** What reading untrusted input answers: the value, or the rule that it broke. Data, so that a reader can gather many problems. */

import { EspalierError } from './failures.js'

/** `problem` names the value, the rule and the way out, but not the key: who asked knows where the value stood. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string }

/** The input was understood. */
export function accept<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

/** The input was not understood. */
export function reject(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem }
}

/** The value, or an `EspalierError` `invalid_input` that begins with `where`, the name of the key or option. */
export function valueOrThrow<T>(parsed: Parsed<T>, where: string): T {
  if (parsed.ok) return parsed.value
  throw new EspalierError('invalid_input', `${where}: ${parsed.problem}`)
}
