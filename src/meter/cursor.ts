/**
 * Which pids are new. The kernel gives them out in ascending order, from the beginning again when it has come to the end, and
 * `/proc/loadavg` closes with the last: who was there before is outside of what was given out since.
 */

import { readFileSync } from 'node:fs'

/** A fork has its pid before it can be seen: what was new in the round before is so in this one too. */
const MARKS = 3

export class PidCursor {
  /** The last pid given out at the beginning of this round and of those before it, the newest last. */
  private readonly marks: (number | null)[] = []

  /** Begins a round. */
  move(mark: number | null = readLastPid()): void {
    this.marks.push(mark)
    if (this.marks.length > MARKS) this.marks.shift()
  }

  /** False where nobody knows what is new: at the beginning, and where the kernel does not say what it gave out. */
  get isKnown(): boolean {
    return this.marks.length === MARKS && this.marks.every(mark => mark !== null)
  }

  /** Whether any pid is new. */
  get hasMoved(): boolean {
    return !this.isKnown || this.marks[0] !== this.marks[MARKS - 1]
  }

  /** Whether this one may be. */
  isNew(pid: number): boolean {
    const [from, to] = [this.marks[0], this.marks[MARKS - 1]]
    if (!this.isKnown || from === null || to === null) return true
    return from <= to ? pid > from && pid <= to : pid > from || pid <= to
  }
}

/** The pid that the kernel gave out last; null where it does not say. */
function readLastPid(): number | null {
  const pid = Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[4])
  return pid > 0 ? pid : null
}
