/** A pattern of the config against lines of a child, which may be made to keep a regular expression busy for ever. */

import { createContext, Script } from 'node:vm'

/** How long one line may take, in ms. */
const LINE_MS = 100

/** How often a line is tried that was not done in time while hardly anything was computed: somebody else had the processor. */
const TRIES_MAX = 10

/** Longest beginning of a line that is looked at, in characters. */
const LINE_LENGTH_MAX = 4096

const TIMED_OUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT'

/** Whether a line has the pattern in it. A line that takes longer than 100 ms has not. `pattern` is the source of a regular expression. */
export function createMatcher(pattern: string): (line: string) => boolean {
  // Only V8 itself can stop an expression that has run away, and it does so for scripts with a time limit.
  const sandbox: { line: string } = { line: '' }
  createContext(sandbox)
  const script = new Script(`new RegExp(${JSON.stringify(pattern)}, 'u').test(line)`)
  const test = () => {
    try {
      return script.runInContext(sandbox, { timeout: LINE_MS }) === true
    } catch (error) {
      // It may be an error of the other context, which is no Error here.
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === TIMED_OUT) return null
      throw error
    }
  }
  return line => {
    sandbox.line = line.slice(0, LINE_LENGTH_MAX)
    const before = process.cpuUsage()
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const answer = test()
      if (answer !== null) return answer
      const { user, system } = process.cpuUsage(before)
      if (user + system >= LINE_MS * 1000) return false
    }
    return false
  }
}
