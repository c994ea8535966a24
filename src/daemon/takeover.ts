/** Processes of a daemon that has died, taken into the books of this one: each at its place, by identity, with its token. */

import type { Exit } from '../../protocol/children.js'
import { EspalierError } from '../../protocol/failures.js'
import type { FoundProcess } from '../launch.js'
import { persist, persistIfPossible } from '../persist.js'
import { adoptProcess } from './adopt.js'
import type { DaemonContext } from './context.js'
import { labelOf, type ManagedProcess } from './process.js'
import { limitLife } from './roots.js'
import { holdExit } from './stored-exit.js'
import { guessWord, readWord, recalledWord, type Word } from './word.js'

interface Place {
  readonly found: FoundProcess
  readonly word: Word
  readonly parent: FoundProcess | null
}

/** With who is to be its parent in the books. */
interface Placed extends Place {
  readonly parentPid: number | null
}

/** Records that are under way at once. */
const AT_ONCE_MAX = 1024

/**
 * Records what was found, parents first, then the exits, those too that were applied before, so that the policy of the service
 * does what it would have done. Answers the root; null when nothing of the service lives: then it is to be started anew.
 */
export async function takeOver(
  context: DaemonContext,
  service: string,
  found: readonly FoundProcess[],
): Promise<ManagedProcess | null> {
  const places = placesOf(context, service, found)
  const lives = places.some(({ found: { hasEnded } }) => !hasEnded)
  const processes: ManagedProcess[] = []
  const underWay = new Map<FoundProcess, Promise<{ readonly isEntered: boolean; readonly process: ManagedProcess }>>()
  const depths = new Map<number, number>()
  const holders = new Map<number, FoundProcess>()
  let open: () => void = () => undefined
  const complete = new Promise<void>(settle => {
    open = settle
  })
  const settle = async () => {
    const all = [...underWay.keys()]
    const done = await Promise.all(underWay.values())
    underWay.clear()
    for (const [at, { isEntered, process }] of done.entries()) {
      if (isEntered) holders.set(process.pid, all[at])
      processes.push(process)
    }
  }
  const pids = new Set<number>()
  for (const place of places) {
    // Siblings together; none before its parent, or before another that had its pid, is in the books.
    const { found: one, parent } = place
    if (pids.has(one.pid) || underWay.size >= AT_ONCE_MAX || (parent !== null && underWay.has(parent))) await settle()
    pids.add(one.pid)
    const depth = place.word.role === 'root' ? 0 : (depths.get(place.found.parentId) ?? 0) + 1
    depths.set(place.found.id, depth)
    // A parent that has ended may have left its pid to another process, its own child even: that is not who asked.
    const parentPid = place.parent !== null && holders.get(place.parent.pid) === place.parent ? place.parent.pid : null
    const isOwn = parentPid === place.found.pid
    const at = { ...place, parentPid: isOwn ? null : parentPid }
    const entered = enter(context, service, at).then(async isEntered => {
      return { isEntered, process: await manage(context, service, at, depth, complete) }
    })
    underWay.set(one, entered)
  }
  await settle()
  open()
  // What had ended before leaves its pids before the next service comes, which may have others under them.
  await Promise.all(places.map(({ found }, at) => (found.process === null ? processes[at].exited : null)))
  if (processes.length === 0) return null
  context.tell({ kind: 'taken_over', service, processes: processes.filter(({ pid }) => context.book.find(pid)) })
  if (!lives) return null
  return processes.find(({ parentPid }) => parentPid === null) ?? processes[0]
}

/** All that still has an exit to come, and those above it. */
function placesOf({ history }: DaemonContext, service: string, found: readonly FoundProcess[]): readonly Place[] {
  const byId = new Map(found.map(one => [one.id, one]))
  const wanted = new Set<number>()
  for (const one of found) {
    if (one.process === null) continue
    for (let at: FoundProcess | undefined = one; at !== undefined && !wanted.has(at.id); at = byId.get(at.parentId)) {
      wanted.add(at.id)
    }
  }
  return found
    .filter(({ id }) => wanted.has(id))
    .map(one => {
      const word =
        readWord(one.word) ?? recalledWord(history.lives.recall(one.pid, one.startTicks)) ?? guessWord(one, service)
      return { found: one, word, parent: byId.get(one.parentId) ?? null }
    })
}

/** Takes one into the books. False: it has ended and left its pid to another, so only its exit is still to be told. */
async function enter(context: DaemonContext, service: string, place: Placed): Promise<boolean> {
  const { core } = context
  const { found, word, parentPid } = place
  // A child that is told with it may have the pid of the parent by now.
  const parentStartTicks = parentPid === null ? null : place.parent?.startTicks
  const { pid, startTicks, startedAt, hasEnded } = found
  const { role, name, ttlMs, command } = word
  if (isYounger(context, service, found)) return false
  const child = { name, pid, startTicks, startedAt, ttlMs, command }
  try {
    await persist<unknown>(() =>
      role === 'root'
        ? core.registerServicePid(service, pid, { startTicks })
        : // Where nobody knows the parent any more we stand for it, and the service is named.
          core.recordSpawn(parentPid ?? process.pid, child, { rootHint: service, isKnown: true, parentStartTicks }),
    )
    return true
  } catch (error) {
    const isTaken = error instanceof EspalierError && (error.code === 'pid_taken' || error.code === 'invalid_input')
    if (!isTaken || !hasEnded) throw error
    return false
  }
}

/** Whether another service has a process that started later under the pid of this one. */
function isYounger({ book }: DaemonContext, service: string, { pid, startTicks }: FoundProcess): boolean {
  const holder = book.find(pid)
  if (holder === undefined || holder.service === service) return false
  return holder.startTicks !== null && startTicks !== null && holder.startTicks > startTicks
}

async function manage(
  context: DaemonContext,
  service: string,
  place: Placed,
  depth: number,
  complete: Promise<void>,
): Promise<ManagedProcess> {
  const { core, tokens } = context
  const { found, word } = place
  const { pid, startTicks, startedAt, process: launched } = found
  const { name, ttlMs, command } = word
  const isRoot = word.role === 'root'
  const parentPid = place.parentPid ?? process.pid
  const apply = (exit: Exit) => persistIfPossible(() => core.recordSpawnExit(pid, { ...exit, startTicks }))
  const applied: Exit = { exitCode: null, signal: null, finishedAt: startedAt, reason: 'unknown' }
  const exited = (launched?.exited ?? Promise.resolve(applied)).then(async exit => {
    // The policy meets those below it: first they are all there.
    await complete
    await apply(exit)
    return exit
  })
  launched?.holdExit?.(exited)
  const held = holdExit()
  launched?.holdExit?.(held.stored)
  const managed: ManagedProcess = {
    service,
    name,
    pid,
    startTicks,
    parentPid: isRoot ? null : parentPid,
    depth,
    command,
    startedAt,
    ttlMs,
    state: 'running',
    cpuPercent: null,
    rssBytes: null,
    exited,
    usage: () => launched?.details ?? null,
  }
  if (launched === null) return managed
  launched.nameLog?.(labelOf(managed))
  const token = tokens.issue(word.token || undefined)
  adoptProcess(context, managed, launched, token, held)
  if (isRoot && ttlMs !== null) limitLife(context, managed, Math.max(1, startedAt + ttlMs - Date.now()))
  return managed
}
