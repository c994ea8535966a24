/** When an answer of ours agrees with one of the reference: every field that the trace has, in snake_case. */

/** Figures in which SEMANTICS departs from the reference. */
const NOT_COMPARED = new Set(['memory_used', 'current_depth'])

/** The path of the first field in which `answer` differs from `expected`, or null when they agree. */
export function disagreement(expected: unknown, answer: unknown, path = 'result'): string | null {
  if (Array.isArray(expected)) {
    if (!Array.isArray(answer) || answer.length !== expected.length) return path
    return first(expected.map((value, at) => () => disagreement(value, answer[at], `${path}[${at}]`)))
  }
  if (!isRecord(expected)) return Object.is(expected, answer) ? null : path
  if (!isRecord(answer)) return path
  const fields = Object.keys(expected).filter(field => !NOT_COMPARED.has(field))
  return first(fields.map(field => () => disagreement(expected[field], answer[camel(field)], `${path}.${field}`)))
}

function first(checks: readonly (() => string | null)[]): string | null {
  for (const check of checks) {
    const where = check()
    if (where !== null) return where
  }
  return null
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function camel(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
