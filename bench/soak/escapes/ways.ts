/** The ways in which a process gets away from whoever started it, as `runaway.c` knows them. */

export const WAYS = [
  'orphan',
  'session',
  'double-fork',
  'daemon',
  'deaf',
  'hopper',
  'subreaper',
  'namespace',
  'cgroup',
  'bomb',
  'groups',
] as const

export type EscapeWay = (typeof WAYS)[number]

/** What is ordered to end: the process that was started, or its whole service. */
export const ORDERS = ['subtree', 'service'] as const

export type EscapeOrder = (typeof ORDERS)[number]

/** One escape that a worker shall start, and end. */
export interface Escape {
  readonly way: EscapeWay
  readonly order: EscapeOrder
  /** Between TERM and KILL, in ms. */
  readonly graceMs: number
  /** In the environment of all that it leaves behind. */
  readonly mark: string
}

/** What came of it. `cannot`: this host does not allow that way, so that what it left behind was there all the same. */
export type EscapeAnswer = { readonly said: 'away' | 'cannot' } | { readonly failed: string }

/** Name of the variable that bears the mark. */
export const MARK = 'ESCAPE_MARK'
