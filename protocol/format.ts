/** Sizes and durations as people read them; what is written here, `units` reads back to within a rounding. */

const SIZES = [
  ['T', 1024 ** 4],
  ['G', 1024 ** 3],
  ['M', 1024 ** 2],
  ['K', 1024],
  ['B', 1],
] as const

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/**
 * Bytes, 0 to 2^53 - 1, in the largest unit that they fill, to one decimal: `512M`, `1.5G`, `0B`. Powers of 1024.
 * @throws {RangeError} for anything but a safe integer from 0: a figure that is none must not look like one.
 */
export function formatBytes(bytes: number): string {
  return inLargestUnit(bytes, SIZES)
}

/**
 * Whole ms, 0 to 2^53 - 1, in the largest unit that they fill, to one decimal: `5s`, `1.5h`, `250ms`.
 * @throws {RangeError} for anything but a safe integer from 0.
 */
export function formatDuration(ms: number): string {
  return inLargestUnit(ms, DURATIONS)
}

function inLargestUnit(value: number, units: readonly (readonly [string, number])[]): string {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`${value} cannot be written with a unit: give a whole number from 0 to 2^53 - 1`)
  }
  for (const [index, [unit, factor]] of units.entries()) {
    const smaller = units[index + 1]
    // What the smaller unit would round up to this one (59.96 s) is written in this one.
    if (smaller === undefined || tenths(value, smaller[1]) * smaller[1] >= factor)
      return `${tenths(value, factor)}${unit}`
  }
  throw new RangeError('there is no unit to write it with')
}

/** `value / factor` to one decimal; rounded down where rounding up would pass 2^53 - 1, which `units` would not read back. */
function tenths(value: number, factor: number): number {
  const rounded = Math.round((value / factor) * 10) / 10
  return rounded * factor <= Number.MAX_SAFE_INTEGER ? rounded : Math.floor((value / factor) * 10) / 10
}
