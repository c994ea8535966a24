/**
 * The layout of a tree's memory, and of a child on its way to the caller: the same 32 integers.
 *
 * A row is 128 bytes: 18 `Int32` fields, then 7 `Float64` fields (offsets below in units of their own view). One row is
 * two cache lines that the processor fetches together, so a node costs one miss where columns would cost one each.
 */

export const ROW_INTS = 32
export const ROW_FLOATS = 16
/** `slot << ROW_SHIFT` is the first integer of a row. A product is checked for overflow at each use: 10 % of a cycle. */
export const ROW_SHIFT = 5
/** `slot << FLOAT_SHIFT` is its first float. */
export const FLOAT_SHIFT = 4

/** Largest number of rows a host may hold: a ticket has 23 bits for the slot. */
export const ROWS_MAX = 2 ** 23

// Int32 fields, offset from slot * 32.
export const FLAGS = 0
export const PID = 1
/** The parent's pid as the caller gave it; differs from the pid at `PARENT` for a hinted child. */
export const PARENT_PID = 2
/** Slot of the parent's row. */
export const PARENT = 3
export const FIRST_CHILD = 4
export const LAST_CHILD = 5
/** Next sibling in the order recorded; next free row while free. */
export const NEXT = 6
export const PREVIOUS = 7
/** Child slots in use by recorded children. */
export const CHARGED = 8
/** Child slots held by tickets. */
export const RESERVED_SLOTS = 9
/** Slot of the service's row. */
export const SERVICE = 10
/** Counts the uses of this slot, 1 to 2^26 - 1, then again from 1. */
export const GENERATION = 11
/** Tickets hang in their service's queue of tickets, exited rows in its queue of exits; a row is never both. */
export const QUEUE_PREVIOUS = 12
export const QUEUE_NEXT = 13
/** Offset of the rate log in the rings, 0 for none; and its shape (see actors/tree/ring.ts). */
export const RING = 14
export const RING_SHAPE = 15
/** `NO_EXIT_CODE` for null. */
export const EXIT_CODE = 16
/** Lengths of the texts: see `textMeta`. */
export const TEXT_META = 17

// Float64 fields, offset from slot * 16. NaN stands for null.
/** Counts records on this host: siblings are kept in this order. */
export const ORDER = 9
export const START_TICKS = 10
export const STARTED_AT = 11
export const TTL_MS = 12
export const RSS_BYTES = 13
export const CPU_PERCENT = 14
/** A ticket's expiry, a living node's deadline (both monotonic ms), an exited one's `finishedAt` (Unix ms). */
export const UNTIL = 15

export const NO_EXIT_CODE = -0x80000000

// FLAGS: state 3 bits, kind 2, order to end 4, ticketed 1, exit reason 4, signal 7, depth 11.
export const STATE_MASK = 7
export const FREE = 0
/** Reserved by a ticket. */
export const TICKET = 1
export const LIVE = 2
export const EXITED = 3
/** Dead and no longer readable, kept while children or tickets hang below it. */
export const GHOST = 4
export const SERVICE_ROW = 5
export const LIMITS_ROW = 6

export const KIND_SHIFT = 3
export const KIND_MASK = 3 << KIND_SHIFT
export const SPAWNED = 0 << KIND_SHIFT
export const PERIPHERAL = 1 << KIND_SHIFT
export const ROOT = 2 << KIND_SHIFT
export const VIRTUAL_ROOT = 3 << KIND_SHIFT

/** Index into EXIT_REASONS + 1 of the order that this process shall end by; 0 for none. */
export const DUE_SHIFT = 5
export const DUE_MASK = 15 << DUE_SHIFT
export const TICKETED = 1 << 9
export const REASON_SHIFT = 10
export const REASON_MASK = 15 << REASON_SHIFT
export const SIGNAL_SHIFT = 14
export const SIGNAL_MASK = 127 << SIGNAL_SHIFT
export const DEPTH_SHIFT = 21

/** Deepest level a node may be recorded at: FLAGS has 11 bits for it. */
export const DEPTH_MAX = 2047

/** Depth of a row, from its FLAGS. */
export function depthOf(flags: number): number {
  return flags >>> DEPTH_SHIFT
}

// A service's row: FLAGS, NEXT, PREVIOUS, SERVICE, GENERATION, RING, RING_SHAPE, TEXT_META, FIRST_CHILD and LAST_CHILD
// (its roots) as above; the other fields mean:
/** The registry's number of the service. */
export const S_ID = 1
/** Children without an exit. */
export const S_ACTIVE = 2
export const S_LIMITS = 3
/** Living nodes that use `descendants` slots. */
export const S_LIVE = 8
export const S_RESERVATIONS = 9
export const S_TICKET_HEAD = 12
export const S_TICKET_TAIL = 13
export const S_VIRTUAL_ROOT = 16
export const S_EXITED_HEAD = 28
export const S_EXITED_TAIL = 29
export const S_EXITED_COUNT = 30
export const S_ROOTS = 31
// Float64 fields of a service's row.
export const S_RECORDS = 9
export const S_MEMORY_USED = 10
/** Bytes of living processes that were already told to end. */
export const S_MEMORY_DUE = 11
export const S_EVENT_NUMBER = 12
export const S_LIFETIME = 13
/** In FLAGS of a service's row: it is being unregistered. */
export const S_CLOSING = 1 << 9
/** In FLAGS of a service's row: its memory is what was said of it as a whole, not the sum of its processes. */
export const S_WHOLE_MEMORY = 1 << 10

// A limits row: FLAGS and GENERATION as above, then Int32 fields, -1 for none: an integer passes between functions as it
// is, a float in a box. `tasks` is the kernel's to hold.
export const L_DEPTH = 1
export const L_CHILDREN = 2
export const L_DESCENDANTS = 3
export const L_RATE = 4
export const L_RATE_WINDOW = 5
export const L_SERVICE_RATE = 6
export const L_SERVICE_RATE_WINDOW = 7
export const L_LIFETIME = 8
export const L_GRACE = 9
export const L_KEEP_EXITED = 10
export const L_TICKET_TTL = 12
/** Bit 0 tracked, bit 1 count_peripherals, bit 2 strict, bits 3-4 policy, bits 5-6 memory action. */
export const L_CHOICES = 13
export const TRACKED = 1
export const COUNT_PERIPHERALS = 2
export const STRICT = 4
export const POLICY_SHIFT = 3
export const MEMORY_ACTION_SHIFT = 5
// Two of the service itself, which have no place in its own row:
/** Slot of the node `adopted`: peripherals whose ancestors are gone speak as it. */
export const L_ADOPTED = 14
/** Deepest level recorded since the service had no children last. */
export const L_DEEPEST = 15
// Float64 fields of a limits row.
export const L_TOTAL_MEMORY = 9
export const L_TTL_MAX = 10

// The header: rows 0 to 3 are never a node's.
export const HEADER_ROWS = 4
/** Float64: operations applied since the lane began. */
export const H_APPLIED = 0
/** Float64: refusals ever answered, for decision ids. */
export const H_DECISIONS = 1
/** Float64: records ever made, for ORDER. */
export const H_ORDER = 2
/** Float64: the latest stamp, so that a successor's clock never goes back. */
export const H_STAMP = 3
// Int32 from here.
export const H_FREE_ROW = 16
/** First slot never used so far. */
export const H_NEXT_ROW = 17
export const H_FREE_LINE = 18
export const H_NEXT_LINE = 19
export const H_NEXT_RING = 20
export const H_FIRST_SERVICE = 21
export const H_LAST_SERVICE = 22
/** Heads of the free lists of ring blocks, one a size class. */
export const H_FREE_RINGS = 32
