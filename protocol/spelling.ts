/** The word that somebody meant: suggestions for keys, commands and choices that were misspelt. */

/** Words longer than this get no suggestion, so that the work stays small whatever was given. */
const WORD_LENGTH_MAX = 64

/**
 * The word of `words` closest to `word`, or null when none is close: at most one edit for every three letters, and one for
 * shorter words. Case, `_` and `-` do not count; an edit is a letter added, dropped, changed, or swapped with its neighbour.
 * Of equally close words the first wins.
 */
export function nearest<T extends string>(word: string, words: readonly T[]): T | null {
  if (word.length > WORD_LENGTH_MAX) return null
  const wanted = plain(word)
  if (wanted === '') return null
  let best: T | null = null
  let bestEdits = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const candidate of words) {
    const edits = editsBetween(wanted, plain(candidate))
    if (edits < bestEdits) {
      best = candidate
      bestEdits = edits
    }
  }
  return best
}

/** `Did you mean X?` with a leading space, or '' when nothing is close. */
export function suggestion(word: string, words: readonly string[]): string {
  const meant = nearest(word, words)
  return meant === null ? '' : ` Did you mean ${meant}?`
}

function plain(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}

/** Optimal string alignment distance, three rows at a time. */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, changed)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j], beforeLast[j - 2] + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]
}
