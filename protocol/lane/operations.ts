/**
 * Operations and answers as they cross threads: records of integers, one after another in an `Int32Array`.
 *
 * Every record begins with `length << 8 | kind` (length in integers, this one included) and the caller's id
 * (`NO_ANSWER` for a cast). Pairs marked f64 are the two halves of a Float64, low half first; NaN stands for null.
 */

export const NO_ANSWER = -1
/** The id of an answer that is part of a `many`. */
export const PART = -2

/** Decisions that one `authorizeMany` of a lane may ask for: then others are heard, and answers leave while it goes on. */
export const MANY_MAX = 256

/** What a caller sends. Offsets are from the record's first integer. */
export const OP = {
  /** 2 pid, 3 service id (0: by pid; else its oldest living root asks, or its virtual root; negative: its node `adopted`), 4-5 f64 ttlMs; then only while somebody listens, or the asker's ticks are known: 6 bytes of the name, 7... name, f64 its ticks where the record is so long */
  authorize: 1,
  /** see RECORD */
  record: 2,
  /** 2 pid, 3 exit code, 4 signal | reason << 8, 5-6 f64 finishedAt, 7-8 f64 startTicks */
  exit: 3,
  /** 2 pid, 3 unused, 4-5 f64 cpuPercent, 6-7 f64 rssBytes */
  metrics: 4,
  /** 2 pid */
  removeChild: 5,
  /** 2 pid */
  removeSubtree: 6,
  /** 2 slot, 3 generation */
  release: 7,
  /** 2 pid */
  children: 8,
  /** 2 pid */
  tree: 9,
  /** 2 pid */
  policy: 10,
  /** 2 service id, 3 depth */
  canSpawn: 11,
  /** 2 service id, 3 bytes, 4... JSON `{ name, limits }` */
  registerService: 12,
  /** 2 service id, 3 pid, 4-5 f64 startTicks */
  registerRoot: 13,
  /** 2 pid */
  unregisterRoot: 14,
  /** 2 service id: the order that ends everything below */
  endService: 15,
  /** 2 service id: forgets it */
  forgetService: 16,
  /** 2 service id, 0 for every service of the host */
  activeChildren: 17,
  /** nothing: time passes */
  tick: 18,
  /** 2 whether events are wanted */
  listen: 19,
  /** 2 pid, 4-5 f64 startTicks: another process has this pid now, close the old record */
  supersede: 20,
  /** 2 count, then for each: pid, f64 ttlMs */
  authorizeMany: 21,
  /** 2 pid, 3 index into EXIT_REASONS + 1: it shall end, with everything below it */
  order: 22,
  /** 2 service id, 4-5 f64 bytes of its memory as a whole; NaN: again the sum of its processes */
  serviceMemory: 23,
} as const

export type OperationCode = (typeof OP)[keyof typeof OP]

/** The operations that may be cast, as events name them. */
export const CAST_NAMES: Readonly<Record<number, string>> = {
  [OP.record]: 'recordSpawn',
  [OP.exit]: 'recordSpawnExit',
  [OP.metrics]: 'updateChildMetrics',
  [OP.serviceMemory]: 'updateServiceMemory',
  [OP.removeChild]: 'removeChild',
  [OP.removeSubtree]: 'removeSubtree',
  [OP.release]: 'releaseTicket',
}

/** Offsets of a `record`: the parent, the child, its ticket, its texts. */
export const RECORD = {
  parentPid: 2,
  pid: 3,
  /** R_* bits */
  flags: 4,
  textMeta: 5,
  ticketSlot: 6,
  ticketGeneration: 7,
  /** The service hinted at, or (with R_VIRTUAL) the one that asked itself: its ticket names the parent; 0 for none. */
  service: 8,
  /** Texts of a plain record begin here. */
  plainText: 9,
  // Present with R_MORE only:
  depth: 9,
  childParentPid: 10,
  exitCode: 11,
  signalReason: 12,
  startTicks: 13,
  startedAt: 15,
  ttlMs: 17,
  cpuPercent: 19,
  rssBytes: 21,
  finishedAt: 23,
  /** Of the parent. */
  parentTicks: 25,
  moreText: 27,
} as const

export const R_TICKET = 1
export const R_PERIPHERAL = 2
export const R_MORE = 4
export const R_EXITED = 8
export const R_VIRTUAL = 16
/** A supervisor before this one has recorded it: nothing happens now, and no rate is charged. */
export const R_KNOWN = 32

/** Integers before the answers of a message: operations applied since the lane began, f64. */
export const ANSWER_HEAD = 2

/** What a host answers. */
export const ANSWER = {
  /** 2 service id, 3 depth, 4 slot, 5 generation, 6-7 f64 expiresAtMs */
  grant: 1,
  /** 2 code, 3 service id, 4-5 f64 limit, 6-7 f64 current, 8-9 f64 retryAfterMs, 10-11 f64 decision, 12-13 f64 windowMs */
  refusal: 2,
  /** 2 service id */
  service: 3,
  /** 2... a child: its row (32), its texts */
  child: 4,
  none: 5,
  /** 2 count, 3... children */
  children: 6,
  done: 7,
  /** 2-3 f64 */
  number: 8,
  /** 2 bytes, 3... JSON */
  json: 9,
  /** 2 index into FAILURE_CODES, 3 bytes, 4... message */
  failed: 10,
  /** 2 count, 3... a grant or a refusal for each */
  many: 11,
} as const

const float = new Float64Array(1)
const halves = new Int32Array(float.buffer)

/** Writes a Float64 as two integers. */
export function writeFloat(ints: Int32Array, at: number, value: number): void {
  float[0] = value
  ints[at] = halves[0]
  ints[at + 1] = halves[1]
}

/** Reads a Float64 from two integers. */
export function readFloat(ints: Int32Array, at: number): number {
  halves[0] = ints[at]
  halves[1] = ints[at + 1]
  return float[0]
}

/** The start ticks that an `authorize` gives of whoever asks; NaN where it gives none. */
export function readAskerTicks(ints: Int32Array, at: number): number {
  const end = ints[at] >>> 8
  const name = 7 + ((ints[at + 6] + 3) >> 2)
  return end > name ? readFloat(ints, at + name) : Number.NaN
}

/** Slots per lane and generations per slot that a ticket number has room for. */
const LANE_SPAN = 2 ** 49
const SLOT_SPAN = 2 ** 26
export const GENERATION_MAX = SLOT_SPAN - 1

/** A ticket as callers see it: lane (4 bits), slot (23), generation (26). */
export function ticketNumber(lane: number, slot: number, generation: number): number {
  return lane * LANE_SPAN + slot * SLOT_SPAN + generation
}

export function ticketLane(ticket: number): number {
  return Math.floor(ticket / LANE_SPAN)
}

export function ticketSlot(ticket: number): number {
  // Products of powers of two are exact, and remainders of floats are calls: with them a record takes 10 ns more.
  return Math.floor((ticket - ticketLane(ticket) * LANE_SPAN) / SLOT_SPAN)
}

export function ticketGeneration(ticket: number): number {
  return ticket - Math.floor(ticket / SLOT_SPAN) * SLOT_SPAN
}
