/** From the bytes of a terminal to keys. */

/** Names of keys that have no character; others are their character. */
const SEQUENCES: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001b[B': 'down',
  '\u001b[C': 'right',
  '\u001b[D': 'left',
  '\u001b[H': 'home',
  '\u001b[F': 'end',
  '\u001b[1~': 'home',
  '\u001b[4~': 'end',
  '\u001b[7~': 'home',
  '\u001b[8~': 'end',
  '\u001b[5~': 'page up',
  '\u001b[6~': 'page down',
  '\u001bOA': 'up',
  '\u001bOB': 'down',
  '\u001bOC': 'right',
  '\u001bOD': 'left',
  '\u001bOH': 'home',
  '\u001bOF': 'end',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'ctrl c',
  '\u0004': 'ctrl d',
  '\u0015': 'ctrl u',
  '\u000c': 'ctrl l',
  '\u001a': 'ctrl z',
  '\u001b': 'escape',
}

/** A control sequence or an SS3 key, whole. */
const SEQUENCE = /^\u001b(?:\[[\u0030-\u003f]*[\u0020-\u002f]*[\u0040-\u007e]|O[\u0040-\u007e])/

/** The beginning of one, its end still to come. */
const BEGUN = /^\u001b(?:\[[\u0020-\u003f]*|O)?$/

/** What is still open after so many characters is no key. */
const OPEN_MAX = 32

/** Reads keys out of pieces of input, wherever those were cut. */
export interface KeyReader {
  /** Keys of what has come; a sequence that is not whole waits. */
  push(text: string): readonly string[]
  /** True while something waits: an escape alone is the key, if nothing follows soon. */
  readonly isOpen: boolean
  /** What waited, as keys of its own. */
  flush(): readonly string[]
}

/** A reader with nothing read. Sequences that mean no key here are dropped. */
export function createKeyReader(): KeyReader {
  let open = ''
  const read = (text: string, isLast: boolean) => {
    const keys: string[] = []
    let rest = text
    while (rest !== '') {
      const sequence = SEQUENCE.exec(rest)
      if (sequence !== null) {
        const key = SEQUENCES[sequence[0]]
        if (key !== undefined) keys.push(key)
        rest = rest.slice(sequence[0].length)
        continue
      }
      if (!isLast && rest.length <= OPEN_MAX && BEGUN.test(rest)) break
      const [character] = rest
      const key = SEQUENCES[character] ?? (character < ' ' ? undefined : character)
      if (key !== undefined) keys.push(key)
      rest = rest.slice(character.length)
    }
    open = rest
    return keys
  }
  return {
    push: text => read(open + text, false),
    get isOpen() {
      return open !== ''
    },
    flush: () => read(open, true),
  }
}
