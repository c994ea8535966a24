/** The texts of a row: 64 bytes beside it, the rest of a longer one in lines. */

import { ROW_SHIFT, TEXT_META } from '../../protocol/lane/rows.js'
import { textInts } from '../../protocol/lane/text.js'
import { LINE_INTS, LINE_LINK, TEXT_INTS } from './buffers.js'
import type { Memory } from './memory.js'

/** Lines that a text of `ints` integers takes beyond the row's own. */
export function linesFor(ints: number): number {
  return ints <= TEXT_INTS ? 0 : Math.ceil((ints - LINE_LINK) / LINE_LINK)
}

/** Copies `ints` integers of text to the row, which must be one that nobody reads yet. */
export function writeTexts(memory: Memory, slot: number, from: Int32Array, at: number, ints: number): void {
  const { text } = memory
  const own = slot * TEXT_INTS
  if (ints <= TEXT_INTS) {
    for (let i = 0; i < ints; i++) text[own + i] = from[at + i]
    return
  }
  for (let i = 0; i < LINE_LINK; i++) text[own + i] = from[at + i]
  let previous = 0
  for (let done = LINE_LINK; done < ints; done += LINE_LINK) {
    const line = memory.takeLine()
    if (previous === 0) text[own + LINE_LINK] = line
    else memory.linkLine(previous, line)
    for (let i = 0; i < LINE_LINK && done + i < ints; i++) memory.lines[line * LINE_INTS + i] = from[at + done + i]
    previous = line
  }
}

/** Copies the row's texts to `to`; the caller has made room for `textInts` of them. */
export function copyTexts(memory: Memory, slot: number, to: Int32Array, at: number): void {
  const { text, lines } = memory
  const ints = textInts(memory.rows[(slot << ROW_SHIFT) + TEXT_META])
  const own = slot * TEXT_INTS
  if (ints <= TEXT_INTS) {
    for (let i = 0; i < ints; i++) to[at + i] = text[own + i]
    return
  }
  for (let i = 0; i < LINE_LINK; i++) to[at + i] = text[own + i]
  let line = text[own + LINE_LINK]
  for (let done = LINE_LINK; done < ints; done += LINE_LINK) {
    for (let i = 0; i < LINE_LINK && done + i < ints; i++) to[at + done + i] = lines[line * LINE_INTS + i]
    line = lines[line * LINE_INTS + LINE_LINK]
  }
}

/** Gives the lines of a long text back. */
export function releaseTexts(memory: Memory, slot: number): void {
  const ints = textInts(memory.rows[(slot << ROW_SHIFT) + TEXT_META])
  if (ints <= TEXT_INTS) return
  let line = memory.text[slot * TEXT_INTS + LINE_LINK]
  for (let done = LINE_LINK; done < ints; done += LINE_LINK) {
    const next = memory.lines[line * LINE_INTS + LINE_LINK]
    memory.giveLine(line)
    line = next
  }
}
