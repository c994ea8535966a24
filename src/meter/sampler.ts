/** What a meter is asked, and what it answers. */

/** A process to measure; `startTicks` null means that the pid is all that is known of it. */
export interface MeterTarget {
  readonly pid: number
  readonly startTicks: number | null
  /** Its memory is added up against a limit, so it is looked at in every round; default false. */
  readonly isSummed?: boolean
}

/** The process to which a service's orphans come back. */
export interface KeeperTarget {
  readonly service: string
  readonly pid: number
}

/** The group in which the kernel counts the memory of a service. */
export interface GroupTarget {
  readonly service: string
  readonly folder: string
}

/** What a group holds. */
export interface GroupSample {
  readonly service: string
  /** Null where it cannot be read, or nobody is in it. */
  readonly bytes: number | null
}

export interface MeterSample {
  readonly pid: number
  /** Percent of one core since the sample before; null on the first of a process. */
  readonly cpuPercent: number | null
  readonly rssBytes: number
}

/** A process that nobody asked for: below a target, or come back to a keeper. */
export interface FoundFork extends MeterSample {
  readonly startTicks: number
  /** Nearest target above it; null for an orphan, of which nobody knows whose it was. */
  readonly ancestorPid: number | null
  /** Set for an orphan: whose keeper it came back to. */
  readonly service: string | null
  /** What the kernel calls it: at most 15 bytes that it may have chosen itself. */
  readonly name: string
  /** Its arguments when it was seen first, joined by spaces. */
  readonly command: string
  /** How long it has been there, in ms. */
  readonly ageMs: number
}

export interface MeterRound {
  /** Of the targets that were looked at: one that does nothing has no sample in every round, and what the last one said holds. */
  readonly samples: readonly MeterSample[]
  /** Living processes that could not be measured in this round. */
  readonly missed: readonly number[]
  /** Forks that are there now, at most `FORKS_MAX`; null where nobody can look for them. */
  readonly found: readonly FoundFork[] | null
  /** How many they are, forks too, and what they hold together; those that were not looked at with what they had. */
  readonly held: { readonly processes: number; readonly rssBytes: number }
}

/** Forks told of in one round, as many as the kernel gives pids by default; more are neither told of nor measured. */
export const FORKS_MAX = 32_768

/** Measures one list of processes at a time. */
export interface Sampler {
  sample(targets: readonly MeterTarget[], keepers: readonly KeeperTarget[]): Promise<MeterRound>
}
