/** What is wrong in the text of a config. */

import { parseConfig } from '../../src/config/parse.js'
import { ConfigError } from '../../src/config/types.js'

/** All problems; throws when there is none. */
export function problemsOf(text: string): ConfigError['problems'] {
  try {
    parseConfig(text, 'x.yaml')
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('the config has no problem')
}
