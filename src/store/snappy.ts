/** Snappy, as LevelDB compresses the blocks of its tables with it: reading only. */

/** Largest block that is read, in bytes: the index of a table of 2 MiB is far below. */
const BLOCK_MAX = 1 << 26

/** Bytes of an offset that a copy of type 1 to 3 carries behind its tag. */
const OFFSET_BYTES = [0, 1, 2, 4] as const

/** The bytes that were compressed. Null for what is no such thing. */
export function uncompress(input: Buffer): Buffer | null {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= input.length || shift > 28) return null
    const byte = input[at++]
    size += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  if (size > BLOCK_MAX) return null
  const output = Buffer.alloc(size)
  let end = 0
  while (at < input.length) {
    const tag = input[at++]
    const type = tag & 3
    if (type === 0) {
      const extra = Math.max(0, (tag >> 2) - 59)
      if (at + extra > input.length) return null
      const length = 1 + (extra === 0 ? tag >> 2 : input.readUIntLE(at, extra))
      at += extra
      if (at + length > input.length || end + length > size) return null
      input.copy(output, end, at, at + length)
      at += length
      end += length
      continue
    }
    const bytes = OFFSET_BYTES[type]
    if (at + bytes > input.length) return null
    const length = type === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const offset = input.readUIntLE(at, bytes) + (type === 1 ? (tag >> 5) * 256 : 0)
    at += bytes
    if (offset === 0 || offset > end || end + length > size) return null
    // Byte by byte: a copy may reach into what it writes.
    for (let left = length; left > 0; left--, end++) output[end] = output[end - offset]
  }
  return end === size ? output : null
}
