/** Whoever hangs below a process that no keeper keeps any more, in whatever session and group. */

import { readGroups } from '../os/groups.js'
import { type ProcessIdentity, signalProcess } from '../os/process.js'

/** Looks without anybody new after which nobody is left to fork. */
const QUIET_LOOKS = 2

/** Looks by which everybody must have been stopped; a fork hopper is met by one of them. */
const LOOKS_MAX = 100

/**
 * Found by looks: children, and members of a group that one of them leads. Who was found stays known by its identity, so it may
 * lose its ancestors afterwards; whoever lost them before the first look is not found.
 */
export class Descendants {
  /** Start ticks by pid of those that lived at the last look, and of the process itself. */
  #known: ReadonlyMap<number, number>

  constructor(pid: number, startTicks: number) {
    this.#known = new Map([[pid, startTicks]])
  }

  /** Those that live now, the process itself among them. */
  async look(): Promise<readonly ProcessIdentity[]> {
    const all = [...((await readGroups())?.values() ?? [])].flat().filter(({ pid }) => pid !== process.pid)
    const children = groupedBy(all, ({ parentPid }) => parentPid)
    const members = groupedBy(all, ({ pgrp }) => pgrp)
    const found = new Map(
      all.filter(({ pid, startTicks }) => this.#known.get(pid) === startTicks).map(one => [one.pid, one]),
    )
    // A map goes on to what is added while it is walked.
    for (const above of found.values()) {
      for (const one of [...(children.get(above.pid) ?? []), ...(members.get(above.pid) ?? [])]) {
        if (one.startTicks >= above.startTicks && !found.has(one.pid)) found.set(one.pid, one)
      }
    }
    this.#known = new Map([...found.values()].map(({ pid, startTicks }) => [pid, startTicks]))
    return [...found.values()]
  }

  /** Looks, and signals all. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    for (const { pid, startTicks } of await this.look()) signalProcess(pid, startTicks, signal)
  }

  /** Stops all until nobody is left who could fork, then kills them. */
  async kill(): Promise<void> {
    const stopped = new Set<number>()
    for (let looks = 0, quiet = 0; quiet < QUIET_LOOKS && looks < LOOKS_MAX; looks++) {
      const news = (await this.look()).filter(({ pid }) => !stopped.has(pid))
      quiet = news.length === 0 ? quiet + 1 : 0
      for (const { pid, startTicks } of news) {
        stopped.add(pid)
        signalProcess(pid, startTicks, 'SIGSTOP')
      }
    }
    await this.signal('SIGKILL')
  }
}

function groupedBy(
  all: readonly ProcessIdentity[],
  key: (one: ProcessIdentity) => number,
): ReadonlyMap<number, readonly ProcessIdentity[]> {
  const groups = new Map<number, ProcessIdentity[]>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group === undefined) groups.set(key(one), [one])
    else group.push(one)
  }
  return groups
}
