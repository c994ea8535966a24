/** What must never be. */
export class Violation extends Error {}

/** @throws {Violation} saying what was found and what was wanted, when they are not alike */
export function mustEqual(found: unknown, wanted: unknown, what: string): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)]
  if (left === right) return
  let at = 0
  while (left[at] === right[at]) at++
  const near = (text: string) => text.slice(Math.max(0, at - 120), at + 60)
  throw new Violation(`${what}: found ...${near(left)}..., wanted ...${near(right)}...`)
}
