/** A command in one string, split into words as a shell splits them, though no shell runs it. */

import { accept, type Parsed, reject } from '../../protocol/parsed.js'
import { show } from '../../protocol/show.js'

/** Words that a shell would obey when they stand alone and unquoted; passed on as arguments they would surprise. */
const OPERATORS = new Set(['|', '||', '&', '&&', ';', '<', '<<', '>', '>>', '2>', '2>>', '2>&1', '&>', '|&'])

/** What a backslash takes the meaning from between double quotes; before anything else it stays (POSIX, 2.2.3). */
const ESCAPED_IN_QUOTES = new Set(['"', '\\', '$', '`'])

/**
 * The words of `text`: blanks part them; `'...'` keeps everything, `"..."` all but backslashes before `" \ $` and backquote; a
 * backslash keeps the next character, and drops a line end. Nothing is expanded: `$HOME`, `*` and `~` stay as they are.
 * A problem: an open quote, a backslash at the end, a lone shell operator such as `&&`.
 */
export function splitWords(text: string): Parsed<readonly string[]> {
  const words: string[] = []
  let word = ''
  let open = false
  let quoted = false
  let at = 0
  const finish = (): string | null => {
    if (open && !quoted && OPERATORS.has(word)) return operatorProblem(word)
    if (open) words.push(word)
    word = ''
    open = false
    quoted = false
    return null
  }
  while (at < text.length) {
    const char = text[at]
    if (isBlank(char)) {
      const problem = finish()
      if (problem !== null) return reject(problem)
      at += 1
    } else if (char === "'" || char === '"') {
      const end = closingQuote(text, at)
      if (end < 0)
        return reject(
          `the quote ${char} at character ${at + 1} of ${show(text)} is never closed; add the other ${char}`,
        )
      word += char === "'" ? text.slice(at + 1, end) : withoutBackslashes(text.slice(at + 1, end))
      open = true
      quoted = true
      at = end + 1
    } else if (char === '\\') {
      if (at + 1 === text.length) return reject(`${show(text)} ends in a backslash; drop it, or write two`)
      if (text[at + 1] !== '\n') {
        word += text[at + 1]
        open = true
        quoted = true
      }
      at += 2
    } else {
      word += char
      open = true
      at += 1
    }
  }
  const problem = finish()
  return problem === null ? accept(words) : reject(problem)
}

function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\n' || char === '\r'
}

/** Where the quote that opens at `at` closes, or -1. */
function closingQuote(text: string, at: number): number {
  if (text[at] === "'") return text.indexOf("'", at + 1)
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '\\') i += 1
    else if (text[i] === '"') return i
  }
  return -1
}

/** The inside of a double-quoted text. */
function withoutBackslashes(inside: string): string {
  return inside.replace(/\\([\s\S])/g, (pair: string, next: string) => {
    if (next === '\n') return ''
    return ESCAPED_IN_QUOTES.has(next) ? next : pair
  })
}

function operatorProblem(word: string): string {
  return `no shell runs the command, so ${show(word)} would be an argument; quote it, or run sh -c '...'`
}
