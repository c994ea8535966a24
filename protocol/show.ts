/** How a value that somebody gave is shown in a message: one short line, whatever it was. */

/** Longest text shown of a value, in characters; the rest is cut. */
const SHOWN_LENGTH_MAX = 60

/**
 * The value as a message may quote it. Text is quoted, its control characters escaped, and cut at 60 characters; of objects
 * only the kind is said, so that nothing of the giver's runs (`toString`, `toJSON`) and no message grows with its input.
 */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length <= SHOWN_LENGTH_MAX
        ? JSON.stringify(value)
        : `${JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX))}... (${value.length} characters)`
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'bigint':
      return 'a bigint'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? 'a list' : 'an object'
    default:
      return `a ${typeof value}`
  }
}
