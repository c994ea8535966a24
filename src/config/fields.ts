/** The fields of a service that are text: its command, its environment, its folder. */

import { show } from '../../protocol/show.js'
import { suggestion } from '../../protocol/spelling.js'
import { splitWords } from './words.js'

/** Tells of a problem at a path below the field. */
export type Complain = (path: readonly (string | number)[], message: string) => void

/** The words of a command, given as a list of texts or as one text to split; empty once it has complained. */
export function readCommand(value: unknown, complain: Complain): readonly string[] {
  const words = commandWords(value, complain)
  if (words === null) return []
  if (words.length === 0 || words[0] === '') {
    complain([], 'the command is empty; give a program and its arguments')
  }
  return words
}

function commandWords(value: unknown, complain: Complain): readonly string[] | null {
  if (value === undefined || value === null) {
    complain([], 'there is no command; give a program and its arguments, as a list or as one text')
    return null
  }
  if (typeof value === 'string') {
    const split = hasNul(value) ? null : splitWords(value)
    if (split?.ok) return split.value
    complain([], split === null ? NUL_PROBLEM : split.problem)
    return null
  }
  if (!Array.isArray(value)) {
    complain([], `${show(value)} is not a command; give a list of words, or one text`)
    return null
  }
  let bad = false
  for (const [index, word] of value.entries()) {
    const problem = wordProblem(word)
    if (problem === null) continue
    complain([index], problem)
    bad = true
  }
  return bad ? null : (value as readonly string[])
}

/** Variables by name; absent or null is none. */
export function readEnv(value: unknown, complain: Complain): Record<string, string> {
  if (value === undefined || value === null) return {}
  if (!isMapping(value)) {
    complain([], `${show(value)} is not an environment; give a mapping of names to texts`)
    return {}
  }
  // systemg writes `env: { vars: { ... } }`; a variable cannot be a mapping, so the two do not meet.
  if (isMapping(value.vars)) {
    for (const key of Object.keys(value)) {
      if (key !== 'vars') complain([key], `${show(key)} cannot stand beside vars; move it into vars, or drop it`)
    }
    return readVariables(value.vars, ['vars'], complain)
  }
  return readVariables(value, [], complain)
}

function readVariables(
  variables: Readonly<Record<string, unknown>>,
  path: readonly string[],
  complain: Complain,
): Record<string, string> {
  for (const [name, text] of Object.entries(variables)) {
    const problem =
      name === '' || /[=\0]/.test(name)
        ? `${show(name)} cannot name a variable; it must not be empty, nor hold = or NUL`
        : wordProblem(text)
    if (problem !== null) complain([...path, name], problem)
  }
  return variables as Record<string, string>
}

const NUL_PROBLEM = 'the text holds a NUL character, which no program can be given; drop it'

function wordProblem(word: unknown): string | null {
  if (word === null) return "there is no value; write '' for an empty text"
  if (typeof word !== 'string') return `${show(word)} is not text; put it in quotes`
  return hasNul(word) ? NUL_PROBLEM : null
}

/** What is wrong with a folder that was given, or null. It need not exist: launching will tell. */
export function cwdProblem(value: unknown): string | null {
  if (value === null || value === '')
    return 'there is no folder; name one, or leave cwd out for the folder of the config file'
  if (typeof value !== 'string') return `${show(value)} is not a folder; give a path`
  if (value.startsWith('~')) return `no shell expands the ~ of ${show(value)}; write the path out`
  return hasNul(value) ? NUL_PROBLEM : null
}

function hasNul(text: string): boolean {
  return text.includes('\0')
}

/** Complains of each key of a mapping, which stands at `path`, that is not among the known ones. */
export function complainOfUnknownKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: readonly string[],
  complain: Complain,
): void {
  for (const key of Object.keys(value).filter(key => !known.includes(key))) {
    complain([...path, key], `${show(key)} is not a key here.${suggestion(key, known)} Keys are ${known.join(', ')}`)
  }
}

/** An object that is no list. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
