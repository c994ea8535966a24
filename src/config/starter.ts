/** A first config with comments: one service, its command, its budget, and what is asked for most often behind a `#`. */

import { stringify } from 'yaml'
import { parseConfig } from './parse.js'
import { ConfigError } from './types.js'

/** What it is made of, as somebody typed it. */
export interface StarterAnswers {
  /** Name of the service. */
  readonly name: string
  /** One text, split like a shell's. */
  readonly command: string
  /** Direct children that any process may have. */
  readonly children: string
}

/** Runs everywhere, so that the first `espalier run` shows something. */
export const STARTER_DEFAULTS: StarterAnswers = {
  name: 'app',
  command: `sh -c 'echo "hello from $$"; exec sleep 3600'`,
  children: '10',
}

/** The text of the file; what cannot be understood in the answers stands in it all the same: `starterProblem` says so. */
export function starterConfig({ name, command, children }: StarterAnswers): string {
  return `# "espalier run" runs this in the foreground, "espalier up" in the background.
# "espalier config check" names what is wrong here; docs/CONFIG.md and docs/LIMITS.md have every key.
services:
  ${scalar(name)}:
    # The program and its arguments, split like a shell's, without running one. A list of words is taken too.
    command: ${scalar(command)}

    # Variables of its own; it has PATH, HOME, USER, LANG and TZ anyway.
    # env: { PORT: 8080 }

    # Whether it is started again when it has ended: never, on-failure, always.
    # restart: on-failure

    spawn:
      limits:
        # Direct children that any one process may have.
        children: ${/^\d{1,15}$/.test(children) ? children : scalar(children)}

        # Processes below the service, all levels.
        # descendants: 500

        # Levels of the tree, the service itself counted.
        # depth: 3

        # How many children any one process may start, in any window of that length.
        # rate: 10/1s

        # Memory of all together.
        # total_memory: 512M

        # The longest that a child may live.
        # ttl_max: 1h
`
}

/** Why a config of these answers would not be taken, in the words of `config check`; null where it would. */
export function starterProblem(answers: StarterAnswers): string | null {
  try {
    parseConfig(starterConfig(answers), 'espalier.yaml')
    return null
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0]?.message ?? error.message
    throw error
  }
}

/** In one line, quoted where YAML would read something else than this text. */
function scalar(text: string): string {
  const written = stringify(text, { lineWidth: 0 }).trimEnd()
  return written.includes('\n') ? JSON.stringify(text) : written
}
