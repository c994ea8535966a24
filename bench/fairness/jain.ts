/** Jain's index of fairness (R. Jain, D. Chiu, W. Hawe, DEC-TR-301, 1984). */

/** 1 when all get the same, 1 / n when one gets everything. 1 when nobody gets anything. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares)
}
