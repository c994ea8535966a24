/** The words that our JSON Schemas (draft 7) are written in. */

/** A schema as JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** What every schema file names as its language. */
export const DRAFT = 'http://json-schema.org/draft-07/schema#'

export const NULL: JsonSchema = { type: 'null' }
export const STRING: JsonSchema = { type: 'string' }
export const NUMBER: JsonSchema = { type: 'number' }
export const BOOLEAN: JsonSchema = { type: 'boolean' }

/** A whole number from 0. */
export const COUNT: JsonSchema = { type: 'integer', minimum: 0 }

/** A whole number, both bounds allowed themselves. */
export function whole(minimum: number, maximum: number): JsonSchema {
  return { type: 'integer', minimum, maximum }
}

/** What keeps at least one of them. */
export function anyOf(...schemas: readonly JsonSchema[]): JsonSchema {
  return { anyOf: schemas }
}

/** That, or null. */
export function orNull(schema: JsonSchema): JsonSchema {
  return anyOf(schema, NULL)
}

/** A list of those. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items }
}

/** One of those words. */
export function oneOf(...words: readonly string[]): JsonSchema {
  return { enum: words }
}
