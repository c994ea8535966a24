/**
 * Moves heard before their process is in the book. The supervisor has recorded a child, its parent dies, and the event of the
 * move may be read before the spawn's own answer.
 */

/** Moves remembered at one time; past it the oldest is forgotten, and that process is shown below the parent it was asked for. */
const MOVES_MAX = 4096

export interface EarlyMoves {
  /** A process that the book does not have hangs below `toPid` now. */
  note(pid: number, toPid: number): void
  /** A process of that pid has ended: what was noted is not for the next one. */
  forget(pid: number): void
  /** Where that process hangs, if it was moved; asked once, when it enters the book. */
  take(pid: number): number | null
  readonly size: number
}

export function createEarlyMoves(): EarlyMoves {
  const moves = new Map<number, number>()
  return {
    note(pid, toPid) {
      if (moves.size >= MOVES_MAX) moves.delete(moves.keys().next().value ?? 0)
      moves.set(pid, toPid)
    },
    forget: pid => void moves.delete(pid),
    take(pid) {
      const toPid = moves.get(pid) ?? null
      moves.delete(pid)
      return toPid
    },
    get size() {
      return moves.size
    },
  }
}
