/** The terminal while `top` has it: the alternate screen, keys as they come, only changed lines written, and all of it given back. */

import type { ReadStream, WriteStream } from 'node:tty'
import { type Line, type Look, paint } from '../terminal/paint.js'
import type { Size } from './state.js'

/** Alternate screen, no cursor, no wrapping: a line too wide for a terminal that counts cells otherwise harms itself alone. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'
const LEAVE = '\u001b[0m\u001b[?7h\u001b[?25h\u001b[?1049l'
const CLEAR = '\u001b[0m\u001b[2J'

export interface Screen {
  readonly size: Size
  /** Takes the terminal. */
  enter(): void
  /** Gives it back as it was; also at the end of the process, however that comes. */
  leave(): void
  /** Draws the lines; what stands there already is not written again. Nothing while the terminal has not taken the last ones. */
  draw(lines: readonly Line[]): void
  /** What stands there is not known any more. */
  forget(): void
}

/** The screen of a terminal that is not taken yet. */
export function createScreen(input: ReadStream, output: WriteStream, look: Look): Screen {
  let isIn = false
  let drawn: readonly string[] | null = null
  const screen: Screen = {
    get size() {
      return { columns: Math.max(1, output.columns ?? 80), rows: Math.max(1, output.rows ?? 24) }
    },
    enter() {
      isIn = true
      drawn = null
      input.setRawMode(true)
      input.resume()
      process.once('exit', screen.leave)
      output.write(ENTER)
    },
    leave() {
      if (!isIn) return
      isIn = false
      process.off('exit', screen.leave)
      input.pause()
      setRaw(input, false)
      // Node writes to a terminal at once, so this leaves a process that ends too.
      output.write(LEAVE)
    },
    forget() {
      drawn = null
    },
    draw(lines) {
      if (!isIn || output.writableNeedDrain) return
      const { columns } = screen.size
      const painted = lines.map(line => paint(line, columns, look))
      const text = changes(drawn, painted)
      drawn = painted
      if (text !== '') output.write(text)
    },
  }
  return screen
}

/** The bytes that make one picture of another; null: of a screen that is not known. */
export function changes(before: readonly string[] | null, after: readonly string[]): string {
  // Erased first: after a line that fills its row the cursor stands on the last cell, not behind it.
  const written = after.map((line, row) => {
    return before !== null && before[row] === line ? '' : `\u001b[${row + 1};1H\u001b[K${line}\u001b[0m`
  })
  const gone = before !== null && before.length > after.length ? `\u001b[${after.length + 1};1H\u001b[J` : ''
  return `${before === null ? CLEAR : ''}${written.join('')}${gone}`
}

/** A terminal that has gone away takes nothing back. */
function setRaw(input: ReadStream, isRaw: boolean): void {
  if (!input.destroyed) input.setRawMode(isRaw)
}
