/** Texts as integers: bytes of UTF-8, four to an integer, lowest byte first. ASCII, the common case, takes no encoder. */

/** Longest command kept with a record, in UTF-16 units. */
export const COMMAND_LENGTH_MAX = 32_768
/** Longest user name kept with a record, in bytes. */
export const USER_BYTES_MAX = 120

const encoder = new TextEncoder()

/** Lengths of a record's texts in one integer: name 7 bits, user 7 (0 is null), command 17, all ASCII 1. */
export function textMeta(name: number, command: number, user: number, ascii: boolean): number {
  return name | (user << 7) | (command << 14) | (ascii ? 1 << 31 : 0)
}

export function nameBytes(meta: number): number {
  return meta & 127
}

export function userBytes(meta: number): number {
  return (meta >>> 7) & 127
}

export function commandBytes(meta: number): number {
  return (meta >>> 14) & 0x1ffff
}

export function isAscii(meta: number): boolean {
  return meta < 0
}

/** Integers that the texts of `meta` take. */
export function textInts(meta: number): number {
  return (nameBytes(meta) + userBytes(meta) + commandBytes(meta) + 3) >> 2
}

// Where the next character goes: one object, for a call that returned all four would make one a text.
const pen = { word: 0, shift: 0, pending: 0, seen: 0 }

// The texts written last. Workers of a service bear the same name and run the same command: found again, they are copied.
const last = { first: '', second: '', third: '', count: 0 }
const LAST_MAX = 64
const lastInts = new Int32Array(LAST_MAX)

/**
 * Writes texts one behind another from integer `at`, whole integers at a time, so nothing needs to be zero before.
 * False (and garbage from `at`) when one of them is not ASCII.
 */
export function writeAscii(ints: Int32Array, at: number, first: string, second = '', third = ''): boolean {
  if (first === last.first && second === last.second && third === last.third) {
    if (last.count > 0) {
      for (let i = 0; i < last.count; i++) ints[at + i] = lastInts[i]
      return true
    }
    return (
      writeOut(ints, at, first, second, third) && keep(ints, at, (first.length + second.length + third.length + 3) >> 2)
    )
  }
  last.first = first
  last.second = second
  last.third = third
  last.count = 0
  return writeOut(ints, at, first, second, third)
}

/** Remembers what was written at `at`, if it is not too long. */
function keep(ints: Int32Array, at: number, count: number): boolean {
  if (count > LAST_MAX) return true
  for (let i = 0; i < count; i++) lastInts[i] = ints[at + i]
  last.count = count
  return true
}

function writeOut(ints: Int32Array, at: number, first: string, second: string, third: string): boolean {
  pen.word = at
  pen.shift = pen.pending = pen.seen = 0
  put(ints, first)
  if (second !== '') put(ints, second)
  if (third !== '') put(ints, third)
  if (pen.shift !== 0) ints[pen.word] = pen.pending
  return pen.seen < 128
}

function put(ints: Int32Array, text: string): void {
  // Distinct 46-character strings cost 60 ns a record this way, 130 ns through TextEncoder (FACTS, Crossing threads).
  let { word, shift, pending, seen } = pen
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    seen |= code
    pending |= code << shift
    shift += 8
    if (shift === 32) {
      ints[word++] = pending
      pending = shift = 0
    }
  }
  pen.word = word
  pen.shift = shift
  pen.pending = pending
  pen.seen = seen
}

/** Writes bytes at byte `at`. */
export function writeBytes(ints: Int32Array, at: number, bytes: Uint8Array): void {
  new Uint8Array(ints.buffer, ints.byteOffset + at, bytes.length).set(bytes)
}

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

const decoder = new TextDecoder()

/** Reads `length` bytes from byte `at`. */
export function readText(ints: Int32Array, at: number, length: number, ascii: boolean): string {
  if (!ascii) return decoder.decode(new Uint8Array(ints.buffer, ints.byteOffset + at, length).slice())
  if (length > REMEMBERED_BYTES) return decodeAscii(ints, at, length)
  return length === 0 ? '' : remembered(ints, at, length)
}

// The texts read last, by a hash of their bytes. Services run the same commands over and over, and an exit and a removal
// name the same child: a text found takes 20 ns, one that is put together 145 (31 characters, Node 20).
const REMEMBERED = 512
const REMEMBERED_BYTES = 64
const WORDS = REMEMBERED_BYTES / 4
const words = new Int32Array(REMEMBERED * WORDS)
const lengths = new Int32Array(REMEMBERED)
const texts: string[] = new Array<string>(REMEMBERED).fill('')
const wanted = new Int32Array(WORDS)

function remembered(ints: Int32Array, at: number, length: number): string {
  const count = (length + 3) >> 2
  const shift = (at & 3) << 3
  let hash = length
  let from = at >> 2
  for (let i = 0; i < count; i++, from++) {
    let word = ints[from] >>> shift
    if (shift !== 0) word |= ints[from + 1] << (32 - shift)
    if (i === count - 1 && (length & 3) !== 0) word &= (1 << ((length & 3) << 3)) - 1
    wanted[i] = word
    hash = Math.imul(hash ^ word, 0x9e3779b1)
  }
  const entry = hash >>> 23
  const base = entry * WORDS
  if (lengths[entry] === length) {
    let i = 0
    while (i < count && words[base + i] === wanted[i]) i++
    if (i === count) return texts[entry]
  }
  const text = decodeAscii(ints, at, length)
  for (let i = 0; i < count; i++) words[base + i] = wanted[i]
  lengths[entry] = length
  texts[entry] = text
  return text
}

function decodeAscii(ints: Int32Array, at: number, length: number): string {
  const character = (byte: number) => (ints[byte >> 2] >>> ((byte & 3) << 3)) & 127
  let text = ''
  let byte = at
  for (const end = at + length - 7; byte < end; byte += 8) {
    // Eight at a time, or a string is made for every character.
    text += String.fromCharCode(
      character(byte),
      character(byte + 1),
      character(byte + 2),
      character(byte + 3),
      character(byte + 4),
      character(byte + 5),
      character(byte + 6),
      character(byte + 7),
    )
  }
  for (; byte < at + length; byte++) text += String.fromCharCode(character(byte))
  return text
}
