/** The deadlines of living nodes: a binary heap, earliest first. Rebuilt from the rows by a successor. */

interface Deadline {
  readonly atMs: number
  readonly slot: number
  readonly generation: number
}

export class Deadlines {
  private heap: Deadline[] = []
  /** Entries that the last pruning left. */
  kept = 0

  /** ms of the earliest deadline; Infinity when there is none. Entries of ended nodes leave when their time comes. */
  get earliestMs(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : this.heap[0].atMs
  }

  get size(): number {
    return this.heap.length
  }

  add(atMs: number, slot: number, generation: number): void {
    const { heap } = this
    const entry = { atMs, slot, generation }
    let at = heap.push(entry) - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (heap[up].atMs <= atMs) break
      heap[at] = heap[up]
      at = up
    }
    heap[at] = entry
  }

  /** Takes the earliest entry if it is due at `nowMs`. */
  takeDue(nowMs: number): Deadline | null {
    const first = this.heap[0]
    if (first === undefined || first.atMs > nowMs) return null
    const last = this.heap.pop() as Deadline
    if (this.heap.length > 0) this.sink(last)
    return first
  }

  /** Keeps only the entries that `living` accepts: bounds the heap when short-lived nodes had long deadlines. */
  prune(living: (entry: Deadline) => boolean): void {
    const kept = this.heap.filter(living)
    this.heap = []
    this.kept = kept.length
    for (const entry of kept) this.add(entry.atMs, entry.slot, entry.generation)
  }

  private sink(entry: Deadline): void {
    const { heap } = this
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1].atMs < heap[child].atMs) child++
      if (heap[child].atMs >= entry.atMs) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = entry
  }
}
