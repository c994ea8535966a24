/** Who waits for whom: order among named things. */

/** Names, each with those that must be there before it. */
export type Dependencies = ReadonlyMap<string, readonly string[]>

/** A ring of names, the first one again at its end: each waits for the next. Null when there is none. Names unknown to the map wait for nobody. */
export function findRing(dependencies: Dependencies): readonly string[] | null {
  const left = new Map([...dependencies].map(([name, before]) => [name, before.filter(one => dependencies.has(one))]))
  // Whoever waits for nobody that is left is in no ring; those after it may follow.
  const after = new Map<string, string[]>()
  const counts = new Map<string, number>()
  for (const [name, before] of left) {
    counts.set(name, before.length)
    for (const one of before) after.set(one, [...(after.get(one) ?? []), name])
  }
  const free = [...counts].filter(([, count]) => count === 0).map(([name]) => name)
  for (const name of free) {
    left.delete(name)
    for (const one of after.get(name) ?? []) {
      const count = (counts.get(one) ?? 0) - 1
      counts.set(one, count)
      if (count === 0) free.push(one)
    }
  }
  return ringIn(left)
}

/** Everybody here waits for somebody here: who walks on comes back to where he was. */
function ringIn(left: Dependencies): readonly string[] | null {
  const walked: string[] = []
  for (let at = [...left.keys()][0]; at !== undefined; at = left.get(at)?.find(one => left.has(one)) ?? '') {
    const seen = walked.indexOf(at)
    walked.push(at)
    if (seen >= 0) return walked.slice(seen)
  }
  return null
}

/** Those of `names` for whom nobody else of `names` waits: they can go first. All of them where there is no such one. */
export function outermost(names: readonly string[], dependencies: Dependencies): readonly string[] {
  const needed = new Set(names.flatMap(name => dependencies.get(name) ?? []))
  const found = names.filter(name => !needed.has(name))
  return found.length > 0 ? found : names
}
