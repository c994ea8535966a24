/** What `--json` prints: one object a line, with the version of its form. */

import { harmlessJson } from '../terminal/harmless.js'

/** One for all commands; it rises when a field of any changes its meaning or goes. New fields do not raise it. */
export const JSON_VERSION = 1

/** The object on one line, `v` first; nothing in it moves a cursor. */
export function jsonLine(value: object): string {
  return harmlessJson({ v: JSON_VERSION, ...value })
}
