/** How many cells of a terminal a text takes, and texts cut or filled to exactly so many. */

/** What stands on the character before it, or is not drawn. */
const NARROWEST = /^[\p{Mn}\p{Me}\p{Cf}]$/u

/** First and last code point of what terminals draw two cells wide (UAX 11, W and F; emoji among them). */
const WIDE = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
] as const

/** Cells of one character (a code point): 0, 1 or 2. Terminals disagree about some; a line drawn must not depend on it. */
export function cellsOf(character: string): number {
  if (character < '\u0300') return 1
  const code = character.codePointAt(0) ?? 0
  if (WIDE.some(([first, last]) => code >= first && code <= last)) return 2
  return NARROWEST.test(character) ? 0 : 1
}

/** Cells of a whole text. */
export function widthOf(text: string): number {
  let cells = 0
  for (const character of text) cells += cellsOf(character)
  return cells
}

/** As much of the text as `columns` cells hold; where something is missing the last of them is a `~`. */
export function cut(text: string, columns: number): string {
  if (columns <= 0) return ''
  let cells = 0
  let kept = ''
  let shorter = ''
  for (const character of text) {
    cells += cellsOf(character)
    if (cells > columns) return `${shorter}~`
    kept += character
    if (cells < columns) shorter = kept
  }
  return kept
}

/** The text in exactly `columns` cells, blanks after it or, with `right`, before it. */
export function filled(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const kept = cut(text, columns)
  const blanks = ' '.repeat(Math.max(0, columns - widthOf(kept)))
  return side === 'left' ? `${kept}${blanks}` : `${blanks}${kept}`
}
