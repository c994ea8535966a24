/** Lines that fit a terminal, so that each takes exactly one row and can be drawn over. */

/** The text cut to `columns` cells, with an ellipsis where something is missing. Beyond ASCII a character counts two cells. */
export function fit(text: string, columns: number): string {
  if (columns <= 0) return ''
  let cells = 0
  let cut = 0
  let index = 0
  for (const character of text) {
    cells += character < '\u007f' ? 1 : 2
    if (cells > columns) return `${text.slice(0, cut)}…`
    index += character.length
    // The place to cut at leaves a cell for the ellipsis, which may be drawn two cells wide.
    if (cells <= columns - 2) cut = index
  }
  return text
}
