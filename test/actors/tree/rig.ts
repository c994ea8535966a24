/** A host's trees without a host: frames in, and a memory that can be cut off between any two writes. */

import { Outbox } from '../../../actors/outbox.js'
import { PidTable } from '../../../actors/pids.js'
import { allocate, type Buffers } from '../../../actors/tree/buffers.js'
import { apply, stamp } from '../../../actors/tree/mailbox.js'
import { Memory } from '../../../actors/tree/memory.js'
import { type Recovery, recover } from '../../../actors/tree/recover.js'
import { Grove } from '../../../actors/tree/state.js'
import { Lane } from '../../../src/lane/lane.js'

/** A pid table of the real size would be copied for most of a test's time. */
const PIDS_MAX = 256

/** What a dead host leaves behind. */
export interface Remains {
  buffers: Buffers
  readonly pids: SharedArrayBuffer
}

/** The host died here. */
export class Cut extends Error {}

/** Memory whose writes run out: the one past the last throws, and so do all after it. */
export class CutMemory extends Memory {
  left = Number.POSITIVE_INFINITY

  override add(index: number, delta: number): void {
    this.spend()
    super.add(index, delta)
  }

  override link(index: number, value: number): void {
    this.spend()
    super.link(index, value)
  }

  override commit(): void {
    this.spend()
    super.commit()
  }

  override checkpoint(): void {
    this.spend()
    super.checkpoint()
  }

  protected override remember(index: number, old: number): void {
    this.spend()
    super.remember(index, old)
    // The old value lies in the log, the new one is not written yet.
    this.spend()
  }

  private spend(): void {
    if (this.left-- <= 0) throw new Cut()
  }
}

/** A host on `remains`. */
export class Rig {
  readonly grove: Grove
  readonly outbox = new Outbox(0)
  readonly recovery: Recovery
  private readonly memory: CutMemory

  constructor(remains: Remains, lane = 0) {
    this.memory = new CutMemory(remains.buffers, buffers => {
      remains.buffers = buffers
    })
    this.grove = new Grove(this.memory, new PidTable(remains.pids, 2), this.outbox, { lane, supervisorPid: 1 })
    this.recovery = recover(this.grove)
  }

  /** Time passes, then the frame is applied. @throws {Cut} after `writes` writes */
  take(frame: Int32Array, nowMs: number, writes = Number.POSITIVE_INFINITY, wallMs = 1_000_000 + nowMs): void {
    this.memory.left = writes
    stamp(this.grove, nowMs, wallMs)
    apply(this.grove, frame, frame.length, () => undefined)
    this.memory.left = Number.POSITIVE_INFINITY
  }

  /** Integers of the answers since the last call. */
  answers(): number[] {
    return [...this.outbox.takeAnswers()]
  }
}

export function fresh(): Remains {
  return { buffers: allocate(), pids: new SharedArrayBuffer(PIDS_MAX * 4) }
}

/** The same memory, to be changed apart. */
export function copy({ buffers, pids }: Remains): Remains {
  const { rows, text, lines, rings, log } = buffers
  return {
    buffers: { rows: same(rows), text: same(text), lines: same(lines), rings: same(rings), log: same(log) },
    pids: same(pids),
  }
}

/** The frame of one operation: `write` puts it into a lane that nobody empties. */
export function frame(write: (lane: Lane) => void): Int32Array {
  const lane = new Lane(0, 1, () => undefined)
  write(lane)
  return lane.out.slice(0, lane.end)
}

function same(buffer: SharedArrayBuffer): SharedArrayBuffer {
  const copied = new SharedArrayBuffer(buffer.byteLength)
  new Int32Array(copied).set(new Int32Array(buffer))
  return copied
}
