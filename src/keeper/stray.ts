/** A process whose keeper died: known by identity, ended with its group and all below it, its exit unknown. */

import { uptime } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { FoundProcess } from '../launch.js'
import type { LaunchedGroup } from '../launcher/group.js'
import { hasEnded, readIdentity } from '../os/process.js'
import { readKernelUnits } from '../os/units.js'
import { AdoptedGroup } from './adopted-group.js'
import type { Keeper } from './keeper.js'
import { KeptProcess } from './kept.js'
import { letGo, openOwnOutputs } from './own-outputs.js'
import { findRemains, type Marked, type Remain } from './remains.js'

/** How often it is looked at, in ms: nobody tells us when it ends. */
const LOOK_MS = 200

/** Above all ids of a keeper's nodes, which have 32 bits. */
const FIRST_ID = 2 ** 32

/** One that was found again. */
export interface Stray {
  readonly kept: KeptProcess
  readonly found: FoundProcess
}

/** Watches it until it is gone, and we stay alive as long, as its keeper would have had us; then its exit is one that nobody knows, but for the order that it died of. */
export function watchStray(kept: KeptProcess, service: string): LaunchedGroup {
  const group = new AdoptedGroup(kept, service)
  watch(kept, group)
  return group
}

/**
 * Those of the marked that were kept in `folder`, and that `keeperPid` does not keep, the eldest first. One hangs below the asker that it names if
 * that is older and among them, or below the process of whose fork it bears the mark; the root is the eldest that says so.
 */
export function findStrays(
  folder: string,
  keeperPid: number,
  marked: readonly Marked[],
  isLogged: boolean,
): readonly Stray[] {
  const remains = findRemains(folder, keeperPid, marked)
  const units = readKernelUnits()
  const root = remains.find(({ isRoot }) => isRoot)
  const processes: { readonly remain: Remain; readonly id: number }[] = []
  return remains.map((remain, at) => {
    const { pid, startTicks, command } = remain
    const above =
      processes.find(one => one.remain.nodeId === remain.nodeId) ??
      processes.find(one => one.remain.pid === remain.askerPid)
    const id = FIRST_ID + at
    processes.push({ remain, id })
    const startedAt = Math.round(Date.now() - uptime() * 1000 + (startTicks * 1000) / units.ticksPerSecond)
    const kept = keepStray({ id, pid, startTicks }, isLogged)
    const traces = { isRoot: remain === root, command }
    const parentId = remain === root ? 0 : (above?.id ?? 0)
    const found = { id, parentId, pid, startTicks, startedAt, word: '', traces, hasEnded: false, process: kept }
    return { kept, found }
  })
}

function keepStray(
  who: { readonly id: number; readonly pid: number; readonly startTicks: number },
  isLogged: boolean,
): KeptProcess {
  // What is logged is for a keeper alone to read.
  const outputs = isLogged ? ([0, 0] as const) : openOwnOutputs(who.pid)
  const [stdoutFd, stderrFd] = outputs
  // Here it is we who hold the ends of its pipes, until they are opened below.
  const holder = { pid: process.pid, opened: () => undefined }
  const kept = new KeptProcess(who, holder, { stdinFd: 0, stdoutFd, stderrFd }, signal => process.kill(who.pid, signal))
  kept.openOutputs()
  letGo(outputs)
  return kept
}

/** Has the keeper log the outputs of those whose name is known. */
export function logStrays(keeper: Keeper, strays: readonly KeptProcess[]): void {
  for (const stray of strays) if (stray.label !== null) keeper.logStray(stray, stray.label)
}

async function watch(kept: KeptProcess, group: LaunchedGroup): Promise<void> {
  while (isThere(kept)) await delay(LOOK_MS)
  group.leaderExited()
  kept.vanished(group.order ?? 'unknown')
}

function isThere({ pid, startTicks }: KeptProcess): boolean {
  const identity = readIdentity(pid)
  return identity !== null && !hasEnded(identity) && identity.startTicks === startTicks
}
