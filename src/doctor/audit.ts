/** Where the process table, the trees that a daemon shows and its counters disagree, as one look at them says. */

import type { ProcessReport, ServiceReport } from '../../protocol/wire/answers.js'
import type { ProcessTable, TableProcess } from './process-table.js'

/** A process younger than this may not have been found yet, in ms: the meter looks twice in that time. */
export const YOUNG_MS = 1000

/** Longest way up that is followed. */
const STEPS_MAX = 256

/** What was seen at nearly the same moment. */
export interface Look {
  readonly services: readonly ServiceReport[]
  readonly processes: readonly ProcessReport[]
  readonly keepers: readonly { readonly service: string; readonly pid: number; readonly startTicks: number }[]
  /** Read after the others. */
  readonly table: ProcessTable
}

export interface Disagreement {
  /**
   * `not_living`: shown, and no such process lives. `not_shown`: lives below a keeper, and is not shown. `wrong_service`:
   * shown in another service than its keeper's. `miscounted`: `liveDescendants` is not what is shown.
   */
  readonly kind: 'not_living' | 'not_shown' | 'wrong_service' | 'miscounted'
  readonly service: string
  /** Null for a counter. */
  readonly pid: number | null
  /** The same in two looks for the same disagreement. */
  readonly key: string
  /** One sentence for people. */
  readonly says: string
}

/**
 * All of them. Processes come and go between the parts of a look, so what one look says counts only if later ones say it
 * too.
 */
export function judge(look: Look): readonly Disagreement[] {
  return [...notLiving(look), ...belowKeepers(look), ...miscounted(look)]
}

function notLiving({ processes, table }: Look): readonly Disagreement[] {
  return processes.flatMap(({ service, name, pid, startTicks }): Disagreement[] => {
    const there = table.get(pid)
    if (there !== undefined && (startTicks === null || startTicks === there.startTicks)) return []
    const why =
      there === undefined
        ? 'no such process lives'
        : `the process with that pid is another: it started at tick ${there.startTicks}, not ${startTicks}`
    const says = `${service}: ${name}, pid ${pid}, is shown, and ${why}`
    return [{ kind: 'not_living', service, pid, key: `not_living ${pid} ${startTicks}`, says }]
  })
}

function belowKeepers({ processes, keepers, table }: Look): readonly Disagreement[] {
  const shown = new Map(processes.map(one => [one.pid, one]))
  const byPid = new Map(keepers.map(keeper => [keeper.pid, keeper]))
  return [...table.values()].flatMap((one): Disagreement[] => {
    const { pid, startTicks, ageMs } = one
    const keeper = ageMs < YOUNG_MS ? null : keeperAbove(one, table, byPid)
    if (keeper === null) return []
    const { service } = keeper
    const found = shown.get(pid)
    const place = `${service}: pid ${pid} lives below the keeper, pid ${keeper.pid},`
    // Another process shown under its pid is told of already.
    if (found !== undefined && found.service === service) return []
    const kind = found === undefined ? 'not_shown' : 'wrong_service'
    const says = found === undefined ? `${place} and is not shown` : `${place} and is shown in ${found.service}`
    return [{ kind, service, pid, key: `${kind} ${pid} ${startTicks}`, says }]
  })
}

/** The nearest keeper above it; null when there is none, and for a keeper itself unless it hangs below another. */
function keeperAbove<K extends Look['keepers'][number]>(
  process: TableProcess,
  table: ProcessTable,
  keepers: ReadonlyMap<number, K>,
): K | null {
  let at: TableProcess | undefined = process
  for (let step = 0; step < STEPS_MAX && at !== undefined; step++) {
    const parent = table.get(at.parentPid)
    const keeper = parent === undefined ? undefined : keepers.get(parent.pid)
    if (keeper !== undefined && keeper.startTicks === parent?.startTicks) return keeper
    at = parent
  }
  return null
}

/** A service whose books are `tracked` counts records ever, which nobody can recount from what lives. */
function miscounted({ services, processes }: Look): readonly Disagreement[] {
  return services.flatMap(({ name, limits, liveDescendants }): Disagreement[] => {
    if (limits.counting === 'tracked') return []
    const counted = processes.filter(({ service, kind }) => {
      return service === name && (kind === 'spawned' || (kind === 'peripheral' && limits.countPeripherals))
    }).length
    if (counted === liveDescendants) return []
    const kinds = limits.countPeripherals ? 'spawned and peripheral processes' : 'spawned processes'
    const says = `${name}: liveDescendants is ${liveDescendants}, and ${counted} ${kinds} are shown`
    const side = liveDescendants > counted ? 'more' : 'fewer'
    return [{ kind: 'miscounted', service: name, pid: null, key: `miscounted ${name} ${side}`, says }]
  })
}
