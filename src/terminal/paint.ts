/** Styled pieces of lines, and the same as bytes for a terminal. */

import { cut, widthOf } from './cells.js'

/** What a piece means. Only the terminal's own colours are used, so that light and dark both do. */
export type Style = 'plain' | 'bold' | 'faint' | 'good' | 'near' | 'over' | 'chosen'

export type Span = readonly [style: Style, text: string]
export type Line = readonly Span[]

/** Select Graphic Rendition of each style: with colours, and with other attributes alone. */
const SGR: Readonly<Record<Style, readonly [colour: string, plain: string]>> = {
  plain: ['', ''],
  bold: ['1', '1'],
  faint: ['2', '2'],
  good: ['32', ''],
  near: ['35', '1'],
  over: ['1;31', '1;4'],
  chosen: ['7', '7'],
}

/** How much a reader can take: colours, other attributes, nothing but text. */
export type Look = 'colours' | 'attributes' | 'text'

/** A line as its reader gets it, cut to `columns`; a chosen one is filled up to them. */
export function paint(line: Line, columns: number, look: Look): string {
  if (look === 'text') return cut(textOf(line), columns).trimEnd()
  const isChosen = line[0]?.[0] === 'chosen'
  let left = columns
  let painted = ''
  for (const [style, text] of line) {
    const piece = cut(text, left)
    left -= widthOf(piece)
    const sgr = SGR[style][look === 'colours' ? 0 : 1]
    painted += sgr === '' || piece === '' ? piece : `\u001b[${sgr}m${piece}\u001b[0m`
    if (left <= 0) break
  }
  return isChosen && left > 0 ? `${painted}\u001b[7m${' '.repeat(left)}\u001b[0m` : painted
}

/** The whole line as the one under the cursor. */
export function chosen(line: Line): Line {
  return [['chosen', textOf(line)]]
}

function textOf(line: Line): string {
  return line.map(([, text]) => text).join('')
}
