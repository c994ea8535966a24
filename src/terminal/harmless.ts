/** Text from elsewhere, made fit to be shown: nothing in it can move a cursor, ring, or reorder a line. */

/** C0 but tab, DEL, C1, line and paragraph separators, and the marks that turn the direction of writing. */
const HARMFUL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The text with each such character written out: `\x1b`, `\u202e`. Tabs stay. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, character => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

/** A value as JSON in which the same characters are written as `\uXXXX`: it means what it meant. */
export function harmlessJson(value: object | string): string {
  return JSON.stringify(value).replace(
    HARMFUL,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
