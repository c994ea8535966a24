/** The router: from a pid to the host that holds it, with one load from shared memory and no hop. */

import { cellLane, type PidTable } from '../pids.js'

/** No host holds that pid. */
export const NOWHERE = -1

/** What the router must know of the lanes. */
export interface Progress {
  readonly lanes: { readonly length: number }
  /** Number of the last operation that a lane's host has said it applied. Its memory knows sooner, but a line that one
   * thread writes and another reads at each operation cost both 60 ns. */
  answered(lane: number): number
}

export class Router {
  private readonly pids: PidTable
  private readonly progress: Progress
  /** Lane + 1 to which a record of this pid was sent last, and the number of that operation modulo 2^32. */
  private readonly noteLane: Uint8Array
  private readonly noteNumber: Int32Array

  constructor(pids: PidTable, progress: Progress) {
    this.pids = pids
    this.progress = progress
    this.noteLane = new Uint8Array(pids.cells.length)
    this.noteNumber = new Int32Array(pids.cells.length)
  }

  /** Remembers that operation `number` of `lane` will claim `pid`, so that what follows is routed before it has. */
  note(pid: number, lane: number, number: number): void {
    this.noteLane[pid] = lane + 1
    this.noteNumber[pid] = number | 0
  }

  /** The lane that holds `pid`, or will once what was sent has been applied; else NOWHERE. */
  laneOf(pid: number): number {
    const noted = this.noteLane[pid] - 1
    if (noted >= 0) {
      if (this.isUnderWay(pid, noted)) return noted
      this.noteLane[pid] = 0
    }
    const cell = this.pids.read(pid)
    return cell === 0 ? NOWHERE : cellLane(cell)
  }

  /** Where to ask about `pid`: the only lane there is answers for whoever it does not know, without a look. */
  laneFor(pid: number): number {
    return this.progress.lanes.length === 1 ? 0 : this.laneOf(pid)
  }

  /** The lane where a process with this pid lives that is not on `lane`, or will once it is recorded; NOWHERE when there is none. */
  foreigner(pid: number, lane: number): number {
    const noted = this.noteLane[pid] - 1
    if (noted >= 0 && noted !== lane && this.isUnderWay(pid, noted)) return noted
    const cell = this.pids.read(pid)
    return cell < 0 && cellLane(cell) !== lane ? cellLane(cell) : NOWHERE
  }

  private isUnderWay(pid: number, lane: number): boolean {
    return ((this.noteNumber[pid] - this.progress.answered(lane)) | 0) > 0
  }
}
