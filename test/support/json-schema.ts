/** The part of JSON Schema, draft 7, that the schema of a config is written in; a word that is not known here is an error. */

type Schema = Readonly<Record<string, unknown>>

const SAYS_NOTHING = new Set(['$schema', 'title', 'description', 'default'])

/** Where the value breaks the schema, as `path: word`; none when it keeps it. */
export function breaches(schema: Schema, value: unknown, path = ''): readonly string[] {
  return Object.entries(schema).flatMap(([word, rule]) => {
    if (SAYS_NOTHING.has(word)) return []
    const judge = WORDS[word]
    if (judge === undefined) throw new Error(`${path}: ${word} is not a word that is known here`)
    return judge(rule, value, path, schema).map(problem => (problem.includes(': ') ? problem : `${path}: ${word}`))
  })
}

/** The schema with every field that it does not name forbidden. */
export function closed(schema: Schema): Schema {
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner)
    return isObject(value) ? closed(value) : value
  }
  const words = Object.fromEntries(Object.entries(schema).map(([word, rule]) => [word, inner(rule)]))
  return isObject(schema.properties) && !('additionalProperties' in schema)
    ? { ...words, additionalProperties: false }
    : words
}

/** Answers breaches of values inside, or one text for a breach of its own; what is not of its type it lets pass. */
type Judge = (rule: unknown, value: unknown, path: string, schema: Schema) => readonly string[]

const WORDS: Readonly<Record<string, Judge>> = {
  type: (rule, value) => broken([rule].flat().some(type => isOfType(type, value))),
  const: (rule, value) => broken(value === rule),
  enum: (rule, value) => broken((rule as readonly unknown[]).includes(value)),
  anyOf: (rule, value, path) =>
    broken((rule as readonly Schema[]).some(one => breaches(one, value, path).length === 0)),
  minimum: (rule, value) => broken(typeof value !== 'number' || value >= (rule as number)),
  maximum: (rule, value) => broken(typeof value !== 'number' || value <= (rule as number)),
  minLength: (rule, value) => broken(typeof value !== 'string' || value.length >= (rule as number)),
  maxLength: (rule, value) => broken(typeof value !== 'string' || value.length <= (rule as number)),
  pattern: (rule, value) => broken(typeof value !== 'string' || new RegExp(rule as string, 'u').test(value)),
  minItems: (rule, value) => broken(!Array.isArray(value) || value.length >= (rule as number)),
  maxItems: (rule, value) => broken(!Array.isArray(value) || value.length <= (rule as number)),
  items: (rule, value, path) =>
    Array.isArray(value) ? value.flatMap((item, index) => breaches(rule as Schema, item, `${path}[${index}]`)) : [],
  required: (rule, value) =>
    broken((rule as readonly string[]).every(key => !isObject(value) || Object.hasOwn(value, key))),
  minProperties: (rule, value) => broken(!isObject(value) || Object.keys(value).length >= (rule as number)),
  propertyNames: (rule, value, path) =>
    isObject(value) ? Object.keys(value).flatMap(key => breaches(rule as Schema, key, `${path}.${key}`)) : [],
  properties: (rule, value, path) =>
    Object.entries(rule as Readonly<Record<string, Schema>>).flatMap(([key, inner]) =>
      isObject(value) && Object.hasOwn(value, key) ? breaches(inner, value[key], `${path}.${key}`) : [],
    ),
  additionalProperties: (rule, value, path, { properties = {} }) =>
    isObject(value)
      ? Object.keys(value)
          .filter(key => !Object.hasOwn(properties as object, key))
          .flatMap(key =>
            rule === false ? [`${path}.${key}: unknown`] : breaches(rule as Schema, value[key], `${path}.${key}`),
          )
      : [],
}

function broken(isKept: boolean): readonly string[] {
  return isKept ? [] : ['broken']
}

function isOfType(type: unknown, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  return type === 'integer' ? Number.isInteger(value) : typeof value === type
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
