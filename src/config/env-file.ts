/** The key `env_file`: variables out of files, a line each, in the grammar that such files have in common. */

import { show } from '../../protocol/show.js'
import { type Complain, cwdProblem } from './fields.js'
import { ConfigError, type ConfigProblem } from './types.js'

/** Most files of one service. */
export const FILES_MAX = 16

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** Paths, one or a list; none for nothing. */
export function readEnvFiles(value: unknown, complain: Complain): readonly string[] {
  if (value === undefined || value === null) return []
  const paths = Array.isArray(value) ? value : [value]
  if (paths.length > FILES_MAX) complain([], `there are ${paths.length} files; ${FILES_MAX} at most`)
  for (const [index, path] of paths.entries()) {
    const problem = cwdProblem(path)
    if (problem !== null)
      complain(Array.isArray(value) ? [index] : [], `${show(path)} is not the path of a file; give one`)
  }
  return paths
}

/**
 * The variables of a file; of one that is there twice the last counts. Blank lines and those that begin with `#` say nothing;
 * `export ` may stand before a name. `'...'` is taken as it is, in `"..."` a backslash keeps the next character and makes `\n \r \t`;
 * without quotes a value ends before ` #`. Nothing is expanded, and no value goes over a line.
 * @throws {ConfigError} with the line of each problem; values are not in it
 */
export function parseEnvFile(text: string, file: string): Readonly<Record<string, string>> {
  const variables: [string, string][] = []
  const problems: ConfigProblem[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const equals = line.indexOf('=')
    const name = line
      .slice(0, Math.max(equals, 0))
      .replace(/^export\s+/, '')
      .trimEnd()
    const value = readValue(line.slice(equals + 1).trim())
    const message = equals < 0 ? NO_VARIABLE : NAME.test(name) ? (value === null ? BAD_VALUE : null) : BAD_NAME
    if (message === null && value !== null) variables.push([name, value])
    else problems.push({ file, line: index + 1, column: 1, key: '', message: message ?? BAD_VALUE })
  }
  if (problems.length > 0) throw new ConfigError(problems.slice(0, 100))
  return Object.fromEntries(variables)
}

const NO_VARIABLE = 'this is no variable; write NAME=value, or begin the line with #'
const BAD_NAME = 'a name before = is letters, digits and _, and does not begin with a digit; mend it'
const BAD_VALUE = 'the quotes of this value do not close, something follows them, or it holds a NUL; mend it'

function readValue(text: string): string | null {
  if (text.includes('\0')) return null
  const single = /^'([^']*)'(?:\s+#.*)?$/.exec(text)
  if (single !== null) return single[1]
  const double = /^"((?:[^"\\]|\\.)*)"(?:\s+#.*)?$/.exec(text)
  if (double !== null) return double[1].replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char)
  if (/^['"]/.test(text)) return null
  return text.replace(/(?:^|\s)#.*$/, '').trimEnd()
}
