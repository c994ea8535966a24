/**
 * What daemon and keeper say to each other. A frame is `u32 length`, then that many bytes: `u8 type`, `u32 id`, the fields
 * of its type, a tail. In `spawn`, `started`, `failed`, `live`, `exit` and `opened` the id is that of the node, which the daemon
 * chooses, always higher than before; elsewhere it joins an answer to its question.
 */

import type { Layout } from './layout.js'

/** Raised with every change of a layout; a keeper hears no daemon of another version, and its lock file names its own. */
export const KEEPER_VERSION = 4

/** Most that the length of a frame may say, in bytes. */
export const KEEPER_FRAME_BYTES_MAX = 65_536

/** Length, type and id, in bytes. */
export const KEEPER_FRAME_HEAD = 9

/** All texts and lists of one spawn, in bytes. The kernel takes no more (`ARG_MAX` is 2 MiB where stacks are 8). */
export const SPAWN_TEXT_BYTES_MAX = 2 * 1024 * 1024

/** Longest word that a keeper keeps of a node for the daemon, in bytes. */
export const KEEPER_WORD_BYTES_MAX = 512

interface MessageType {
  readonly type: number
  readonly fields: Layout
}

/** A process: the fields of `started` and `live`. Descriptors are the keeper's ends of its pipes; 0 is none. */
const PROCESS = {
  key: 'u64',
  parentId: 'u32',
  pid: 'u32',
  startTicks: 'u64',
  /** Unix ms. */
  startedMs: 'u64',
  stdinFd: 'u32',
  stdoutFd: 'u32',
  stderrFd: 'u32',
  /** 0: it runs. 1: it has ended, and its exit is not acknowledged. 2: it is; told because of what may live below it. */
  exited: 'u8',
} as const satisfies Layout

/** From the daemon; types below 64. */
export const COMMANDS = {
  /** First of all. `generation` and `lastSeq` are of the last exit that is stored, 0 when none is. */
  hello: { type: 1, fields: { version: 'u32', daemonPid: 'u32', generation: 'u64', lastSeq: 'u64' } },
  /** What to do alone: after `abandonMs` it ends everything with a grace of `graceMs`, or keeps it (`keep` 1). */
  config: { type: 2, fields: { abandonMs: 'u32', graceMs: 'u32', keep: 'u8' } },
  /**
   * Tail: groups (`u32` each), resource limits (`RESOURCE_LIMIT` each), then texts that end in NUL: working directory, arguments,
   * variables, a path for each stdio of kind `file` and a label for each of kind `log`; then the word, `wordBytes` of any kind, which `live` tells again. `ttlMs`
   * (0: none) is acted on by a keeper that is alone. Answered by `started` or `failed`. `nice` is signed.
   */
  spawn: {
    type: 3,
    fields: {
      key: 'u64',
      parentId: 'u32',
      flags: 'u32',
      uid: 'u32',
      gid: 'u32',
      nice: 'u32',
      groupCount: 'u32',
      limitCount: 'u32',
      argumentCount: 'u32',
      variableCount: 'u32',
      stdinKind: 'u8',
      stdoutKind: 'u8',
      stderrKind: 'u8',
      ttlMs: 'u64',
      wordBytes: 'u32',
    },
  },
  /** Tail: the first bytes of the tail of the next spawn, when a frame cannot hold it all. */
  text: { type: 4, fields: {} },
  /** Every exit up to `seq` is stored. */
  ack: { type: 5, fields: { seq: 'u64' } },
  /** Tail: ids (`u32` each), 0 for everything. Answered by `signalled`. Signal 0 only counts. `reason` is an index into `EXIT_REASONS` + 1. */
  signal: { type: 6, fields: { signal: 'u8', scope: 'u8', reason: 'u8' } },
  /** Tail: ids, 0 for everything and the keeper itself. Kills at once. Answered by `ended`, at the latest after `deadlineMs`. */
  end: { type: 7, fields: { deadlineMs: 'u32', reason: 'u8' } },
  /** The daemon has opened the pipe to this node's stdin: the keeper lets go of it. */
  opened: { type: 8, fields: {} },
  /** Leave when nothing lives. */
  quit: { type: 9, fields: {} },
  ask_status: { type: 10, fields: {} },
  /** To an asker; the id is that of its `ask`. Tail: the answer as it goes out, empty for one that was heard. `last` 1 closes the line. */
  answer: { type: 11, fields: { last: 'u8' } },
  /** Tail: a `STRAY` each for the living processes of keepers before this one, which ask here now. Those told before are forgotten. */
  take: { type: 12, fields: {} },
  /** Where and how much is logged, in bytes: one file at most `maxBytes`, `files` of them, all services together `totalBytes`. Tail: the path of the folder, NUL. */
  logs: { type: 13, fields: { maxBytes: 'u64', totalBytes: 'u64', files: 'u32' } },
  /** The outputs of a process that another keeper started are logged by this one now. Tail: its label, NUL. */
  log_stray: { type: 14, fields: { pid: 'u32', startTicks: 'u64' } },
} as const satisfies Record<string, MessageType>

/** From the keeper; types from 64. */
export const REPORTS = {
  /** Answers `hello`. Tail: the boot id. `lastId` is the highest id ever heard, `seq` the last exit, `abandonedMs` how long it was alone. */
  welcome: {
    type: 64,
    fields: {
      version: 'u32',
      pid: 'u32',
      startTicks: 'u64',
      generation: 'u64',
      seq: 'u64',
      acked: 'u64',
      abandonedMs: 'u64',
      lastId: 'u32',
    },
  },
  /** After `welcome`, one for each node, in no order. Tail: its word. */
  live: { type: 65, fields: PROCESS },
  /** The last node was told. Exits follow, from the first that is not acknowledged. */
  live_end: { type: 66, fields: {} },
  started: { type: 67, fields: PROCESS },
  /** `step` is an index into `SPAWN_STEPS` + 1. */
  failed: { type: 68, fields: { error: 'u32', step: 'u8' } },
  /** One exit, as it stands in the journal. */
  exit: {
    type: 69,
    fields: {
      seq: 'u64',
      key: 'u64',
      id: 'u32',
      pid: 'u32',
      startTicks: 'u64',
      /** Unix ms. */
      startedMs: 'u64',
      endedMs: 'u64',
      /** 0 when it died of a signal. With the flag `exit_coalesced`: how many undeclared processes this record stands for. */
      code: 'u32',
      signal: 'u32',
      flags: 'u32',
      /** What the order was that it died of, as in `signal`; 0 for none. */
      reason: 'u32',
      userUs: 'u64',
      systemUs: 'u64',
      maxRssBytes: 'u64',
      minorFaults: 'u64',
      majorFaults: 'u64',
      /** Of 512 bytes, as in getrusage(2). */
      blocksIn: 'u32',
      blocksOut: 'u32',
      /** Context switches: given up, and taken away. */
      switches: 'u32',
      preemptions: 'u32',
      parentId: 'u32',
      /** FNV-1a of the bytes before it, seeded with the generation. */
      check: 'u32',
    },
  },
  /** `count` processes were met; with scope `one`, signalled. `error` is the errno of one that could not be. */
  signalled: { type: 70, fields: { count: 'u32', error: 'u32' } },
  /** `stuck` 1: something should have ended and has not; it is tried on. Tail: its pids (`u32` each), at most 64. */
  ended: { type: 71, fields: { us: 'u64', passes: 'u32', killed: 'u32', stuck: 'u8' } },
  /** `live` nodes run, `left` have ended and may have forks; `dropped` exits were counted instead of journalled, `logLost` lines of output were lost. */
  status: {
    type: 72,
    fields: {
      live: 'u32',
      left: 'u32',
      streams: 'u32',
      ending: 'u32',
      journalBytes: 'u64',
      dropped: 'u64',
      cpuUs: 'u64',
      logBytes: 'u64',
      logLost: 'u64',
    },
  },
  /** The last word before the keeper hangs up. Tail: why, in text. */
  fault: { type: 73, fields: {} },
  /**
   * Somebody asks on the spawn socket, and this is who, by the kernel's word. What it asks was in the `ask_part`s before it.
   * `anchorId` is its nearest node, `hops` parents up; 0 when it has none (`how_adopted`); with `how_stray` a pid out of `take`. A new link hears again of each that
   * has no answer yet, by the same id. At `untilMs` (Unix ms) it is told that nobody was there.
   */
  ask: {
    type: 74,
    fields: { pid: 'u32', startTicks: 'u64', anchorId: 'u32', how: 'u8', hops: 'u32', uid: 'u32', untilMs: 'u64' },
  },
  /** Tail: the next bytes of the request with this id, as a child sent them. */
  ask_part: { type: 80, fields: {} },
  /** The asker has its last answer, or has hung up. */
  asker_gone: { type: 81, fields: {} },
} as const satisfies Record<string, MessageType>

export type CommandKind = keyof typeof COMMANDS
export type ReportKind = keyof typeof REPORTS

/** One entry in a spawn's list of limits: `RLIMIT_*`, and the two values. */
export const RESOURCE_LIMIT = { resource: 'u32', soft: 'u64', hard: 'u64' } as const satisfies Layout

/** One process that `take` tells of. */
export const STRAY = { pid: 'u32', startTicks: 'u64' } as const satisfies Layout

/** What a spawn may fail at. */
export const SPAWN_STEPS = [
  'known',
  'ending',
  'room',
  'text',
  'pipe',
  'file',
  'log',
  'clone',
  'session',
  'stdio',
  'limits',
  'nice',
  'user',
  'privileges',
  'chdir',
  'exec',
] as const

export type SpawnStep = (typeof SPAWN_STEPS)[number]

/** Bits and numbers inside fields, by the field that they stand in. */
export const KEEPER_FLAGS = {
  /** Take on `uid`, `gid` and the groups. */
  spawn_user: 1,
  spawn_no_new_privileges: 2,
  /** A session of its own; else only a group. */
  spawn_session: 4,
  spawn_nice: 8,
  exit_core: 1,
  exit_declared: 2,
  exit_coalesced: 4,
  /** Something waits in its output pipes, or a fork of it may still write there. */
  exit_output: 8,
  stdio_null: 0,
  stdio_pipe: 1,
  stdio_file: 2,
  stdio_log: 3,
  /** The process of the node alone. */
  scope_one: 0,
  /** With its undeclared forks. */
  scope_tree: 1,
  /** And CONT after it, so that a stopped one acts on it. */
  scope_wake: 2,
  /** The `reason` of a time to live that was over. */
  reason_ttl: 3,
  /** The `reason` of a process that the kernel ended for want of memory. */
  reason_oom: 7,
  /** Who asks is the node, below it, or nobody's any more. */
  how_itself: 0,
  how_below: 1,
  how_adopted: 2,
  /** It is, or is below, a process of a keeper before this one. */
  how_stray: 3,
} as const
