/** What the reader of YAML complains of, at the place where it began, and with a way out. */

import type { ErrorCode, YAMLError } from 'yaml'

/** How each mistake is mended, where its sentence does not say. */
const WAYS_OUT: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'an alias is * and a name',
  BAD_DIRECTIVE: 'drop the line that begins with %',
  BAD_DQ_ESCAPE: 'write two backslashes for one, or use single quotes',
  BAD_INDENT: 'keys of one mapping begin in the same column',
  BAD_SCALAR_START: 'put the text in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'one key and its value a line; put text that holds ": " in quotes',
  BLOCK_IN_FLOW: 'write the whole in brackets, or none of it',
  DUPLICATE_KEY: 'drop one of them',
  IMPOSSIBLE: 'look at the line before',
  MISSING_CHAR: 'write what is missing',
  MULTILINE_IMPLICIT_KEY: 'a key and its colon are on one line',
  MULTIPLE_ANCHORS: 'drop one of them',
  MULTIPLE_DOCS: 'a config is one document',
  MULTIPLE_TAGS: 'drop one of them',
  TAB_AS_INDENT: 'indent with spaces',
  UNEXPECTED_TOKEN: 'drop it, or put the text in quotes',
}

/** Brackets and quotes as the lexer comes by them; offsets in the text. */
export class Openings {
  readonly #brackets: number[] = []
  #quote = 0

  /** Hears every lexeme, in order. */
  hear(lexeme: string, offset: number): void {
    if (lexeme === '[' || lexeme === '{') this.#brackets.push(offset)
    else if (lexeme === ']' || lexeme === '}') this.#brackets.pop()
    else if (lexeme[0] === '"' || lexeme[0] === "'") this.#quote = offset
  }

  /** The last quote that opened. */
  get quote(): number {
    return this.#quote
  }

  /** The last bracket that is open; null when all are closed. */
  get bracket(): number | null {
    return this.#brackets.at(-1) ?? null
  }
}

/** A problem as a finding: what is never closed stands where it was opened, not at the end of the text. */
export function yamlFinding(
  { code, message, pos }: YAMLError,
  openings: Openings,
): { readonly offset: number; readonly message: string } {
  const way = WAYS_OUT[code]
  const said = way === undefined ? message : `${message}; ${way}`
  if (/^Missing closing/.test(message)) return { offset: openings.quote, message: said }
  if (/^Flow (?:map|sequence)/.test(message) && openings.bracket !== null) {
    return { offset: openings.bracket, message: said }
  }
  return { offset: pos[0], message: said }
}
