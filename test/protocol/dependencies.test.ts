import fc from 'fast-check'
import t from 'tap'
import { findRing, outermost } from '../../protocol/dependencies.js'

const graphs = fc
  .integer({ min: 1, max: 9 })
  .chain(size =>
    fc.array(fc.array(fc.integer({ min: 0, max: size }), { maxLength: 3 }), { minLength: size, maxLength: size }),
  )
  .map(rows => new Map(rows.map((row, index) => [String(index), row.map(String)])))

/** Whether who starts at `name` can come back to it. */
function comesBack(dependencies: ReadonlyMap<string, readonly string[]>, name: string): boolean {
  const seen = new Set<string>()
  const next = [...(dependencies.get(name) ?? [])]
  for (const at of next) {
    if (at === name) return true
    if (!seen.has(at)) next.push(...(dependencies.get(at) ?? []))
    seen.add(at)
  }
  return false
}

t.test('a ring is found exactly where somebody waits for himself, and each in it waits for the next', async t => {
  let rings = 0
  fc.assert(
    fc.property(graphs, graph => {
      const ring = findRing(graph)
      if (ring === null) return [...graph.keys()].every(name => !comesBack(graph, name))
      rings += 1
      return (
        ring.length > 1 &&
        ring[0] === ring.at(-1) &&
        ring.slice(1).every((name, at) => graph.get(ring[at])?.includes(name))
      )
    }),
    { numRuns: 1000 },
  )
  t.ok(rings > 0)
})

t.test('going out by the outermost, nobody goes before those who wait for him', async () => {
  fc.assert(
    fc.property(graphs, graph => {
      if (findRing(graph) !== null) return true
      let left: readonly string[] = [...graph.keys()]
      while (left.length > 0) {
        const next = outermost(left, graph)
        if (next.length === 0 || left.some(name => graph.get(name)?.some(one => next.includes(one)))) return false
        left = left.filter(name => !next.includes(name))
      }
      return true
    }),
    { numRuns: 1000 },
  )
})

t.test('a ring a thousand names long, and a chain as long, are no trouble', async t => {
  const chain = new Map(Array.from({ length: 10_000 }, (_, at) => [`s${at}`, [`s${at + 1}`]]))
  t.equal(findRing(chain), null)
  t.equal(findRing(chain.set('s9999', ['s0']))?.length, 10_001)
})
