/**
 * Fixed fields as bytes: little-endian, packed, in the order in which a layout names them. The keeper lays C structures over
 * them (`native/wire.h`); `test/native/layout.test.ts` holds both together.
 */

export type FieldType = 'u8' | 'u32' | 'u64'

/** Fields by name, in the order of their bytes. */
export type Layout = Readonly<Record<string, FieldType>>

/**
 * A number for each field. A `u64` must be a safe integer, which ticks, times, keys and sequences are for longer than we live;
 * `Infinity` stands for 2^64 - 1, which to a resource limit is none.
 */
export type Values<L extends Layout> = { readonly [Name in keyof L]: number }

const SIZES: Readonly<Record<FieldType, number>> = { u8: 1, u32: 4, u64: 8 }

const WORD = 2 ** 32

/** Bytes that the fields take. */
export function sizeOf(layout: Layout): number {
  return Object.values(layout).reduce((size, type) => size + SIZES[type], 0)
}

/** Writes the fields from byte `at`; answers the byte behind them. */
export function writeFields<L extends Layout>(view: DataView, at: number, layout: L, values: Values<L>): number {
  let next = at
  for (const name in layout) {
    const value = values[name]
    const type = layout[name]
    if (type === 'u8') view.setUint8(next, value)
    else view.setUint32(next, value === Infinity ? WORD - 1 : value % WORD, true)
    if (type === 'u64') view.setUint32(next + 4, value === Infinity ? WORD - 1 : Math.floor(value / WORD), true)
    next += SIZES[type]
  }
  return next
}

/** Reads the fields from byte `at`. The caller has made sure that they are there. */
export function readFields<L extends Layout>(view: DataView, at: number, layout: L): Values<L> {
  const values: Record<string, number> = {}
  let next = at
  for (const name in layout) {
    const type = layout[name]
    if (type === 'u8') values[name] = view.getUint8(next)
    else if (type === 'u32') values[name] = view.getUint32(next, true)
    else values[name] = view.getUint32(next, true) + view.getUint32(next + 4, true) * WORD
    next += SIZES[type]
  }
  return values as Values<L>
}
