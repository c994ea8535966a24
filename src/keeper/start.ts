/** Starting a keeper: a process of its own session that goes on without us. */

import { type ChildProcess, spawn } from 'node:child_process'
import { EspalierError } from '../../protocol/failures.js'
import { sliceOfTurn } from '../slices.js'
import type { KeeperPolicy } from './directory.js'
import { keeperProgram } from './program.js'

/** How long it may take from its start to its first word, in ms. */
const START_MS = 10_000

/** Longest first word, in characters. */
const WORD_LENGTH_MAX = 1024

/** A keeper as the kernel knows it. */
export interface KeeperIdentity {
  readonly pid: number
  readonly startTicks: number
}

/**
 * Starts a keeper in `folder`, whose children join `cgroups` (their `cgroup.procs`); resolves when it listens there. Null: another one holds the folder.
 * @throws {EspalierError} `unavailable`, with the keeper's reason
 */
export async function startKeeper(
  folder: string,
  policy: KeeperPolicy,
  isEphemeral: boolean,
  cgroups: readonly string[] = [],
): Promise<KeeperIdentity | null> {
  const { abandonMs, graceMs, keep } = policy
  const args = [
    folder,
    String(abandonMs),
    String(graceMs),
    keep ? 'keep' : 'stop',
    isEphemeral ? 'vanish' : 'stay',
    ...cgroups,
  ]
  // Libuv forks in this thread, for 1.4 ms and more.
  await sliceOfTurn()
  const child = spawn(keeperProgram(), args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    // Where we run below a keeper ourselves, it knows ours as forks of the node that we are.
    env: process.env.ESPALIER_NODE === undefined ? {} : { ESPALIER_NODE: process.env.ESPALIER_NODE },
  })
  child.unref()
  const word = await firstWord(child)
  const [kind, pid, ticks] = word.trim().split(' ')
  if (kind === 'ready') return { pid: Number(pid), startTicks: Number(ticks) }
  if (kind === 'held') return null
  const why = word.trim() || 'it said nothing'
  throw new EspalierError(
    'unavailable',
    `the keeper of ${JSON.stringify(folder)} did not start: ${why}; ESPALIER_LAUNCHER=portable does without keepers`,
  )
}

/** What it says before it closes its output; '' for one that cannot be executed. */
async function firstWord(child: ChildProcess): Promise<string> {
  const { stdout } = child
  if (stdout === null) return ''
  let timer: NodeJS.Timeout | undefined
  const said = new Promise<string>(settle => {
    let text = ''
    const finish = () => settle(text)
    stdout.setEncoding('utf8')
    stdout.on('data', (part: string) => {
      text = (text + part).slice(0, WORD_LENGTH_MAX)
    })
    stdout.once('close', finish)
    child.once('error', error => {
      text ||= error.message
      finish()
    })
    timer = setTimeout(finish, START_MS)
  })
  const text = await said
  clearTimeout(timer)
  stdout.destroy()
  return text
}
