/** Numbers with a unit behind them, read exactly: no float ever rounds a limit up, and no overflow goes unseen. */

/** Longest text that is read as a number with a unit, in characters. */
const TEXT_LENGTH_MAX = 64

/** Digits, perhaps grouped by single underscores, perhaps a fraction, perhaps spaces, perhaps letters. */
const SHAPE = /^(\d+(?:_\d+)*)(?:\.(\d+))?\s*([A-Za-z]*)$/

/** A number in text, taken apart: `digits / 10 ** decimals`, and the letters behind it as they were written. */
export interface Quantity {
  readonly digits: bigint
  readonly decimals: number
  readonly unit: string
}

/** Takes `1_000`, `1.5G`, ` 2 G ` apart; null for anything else: signs, exponents, two dots, an empty text. */
export function readQuantity(text: string): Quantity | null {
  if (text.length > TEXT_LENGTH_MAX) return null
  const match = SHAPE.exec(text.trim())
  if (match === null) return null
  const [, whole, fraction = '', unit] = match
  return { digits: BigInt(whole.replaceAll('_', '') + fraction), decimals: fraction.length, unit }
}

/** The quantity times `factor`: the whole part, and whether a fraction was left over. Null past 2^53 - 1. */
export function scale(quantity: Quantity, factor: number): { readonly value: number; readonly exact: boolean } | null {
  const divisor = 10n ** BigInt(quantity.decimals)
  const product = quantity.digits * BigInt(factor)
  const value = product / divisor
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return null
  return { value: Number(value), exact: product % divisor === 0n }
}
