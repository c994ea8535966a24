/** What is read over the whole screen: the keys, and answers of the daemon. */

import { filled } from '../terminal/cells.js'
import { harmless } from '../terminal/harmless.js'
import { LIST_KEYS } from './intentions.js'
import type { Pane } from './state.js'

/** Keys as people call them. */
const NAMES: Readonly<Record<string, string>> = { ' ': 'space', escape: 'esc' }

/** The keys of the list. */
export function helpPane(): Pane {
  const lines = LIST_KEYS.map(([keys, , says]) => {
    return `${filled(keys.map(key => NAMES[key] ?? key).join(' '), 10)}  ${says}`
  })
  return { title: 'keys', lines, from: 0 }
}

/** An answer; each line is made safe for a terminal. */
export function answerPane(title: string, lines: readonly string[]): Pane {
  return { title, lines: lines.map(line => harmless(line).replaceAll('\t', '  ')), from: 0 }
}
