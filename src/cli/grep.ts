/** `--grep`: a pattern that is looked for in many lines, and given up when it takes for ever. */

import { createContext, Script } from 'node:vm'
import { show } from '../../protocol/show.js'
import { UsageError } from './failing.js'

/** Longest pattern, in characters. */
const PATTERN_LENGTH_MAX = 1000

/** How long the lines of one go may take, some thousand of them, in ms. */
const GO_MS = 2000

/** And where others have the CPU, in ms. */
const PATIENCE_MS = 32_000

const US_A_MS = 1000

/** Which of these lines the pattern, a JavaScript regular expression, is found in. @throws {UsageError} when it takes too long */
export type Matcher = (texts: readonly string[]) => readonly boolean[]

/** @throws {UsageError} for what is no pattern */
export function createMatcher(source: string): Matcher {
  const pattern = compile(source)
  // A regular expression cannot be interrupted but by ending the script that it runs in.
  const context = createContext({ pattern, texts: [] as readonly string[] })
  const script = new Script('texts.map(text => pattern.test(text))')
  return texts => {
    context.texts = texts
    // The deadline is of the wall clock: where others had the CPU, it says nothing of the pattern.
    for (let patienceMs = GO_MS; ; patienceMs *= 2) {
      const before = process.cpuUsage()
      try {
        return script.runInContext(context, { timeout: patienceMs }) as readonly boolean[]
      } catch (error) {
        // An error of that context, which has classes of its own.
        const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
        if (code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
        const { user, system } = process.cpuUsage(before)
        if ((user + system) / US_A_MS < GO_MS / 2 && patienceMs < PATIENCE_MS) continue
        throw new UsageError(
          `--grep: ${show(source)} takes more than ${GO_MS} ms for ${texts.length} lines: repeat nothing that is repeated, such as (a+)+`,
        )
      }
    }
  }
}

function compile(source: string): RegExp {
  if (source.length > PATTERN_LENGTH_MAX) {
    throw new UsageError(`--grep: the pattern has ${source.length} characters, and may have ${PATTERN_LENGTH_MAX}`)
  }
  try {
    return new RegExp(source, 'u')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new UsageError(
      `--grep: ${show(source)} is no regular expression: ${error.message}; write \\ before a sign that is meant as it is`,
    )
  }
}
