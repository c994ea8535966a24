/** Bringing services up: first what a daemon before us left, then the others, each when those it waits for are ready. */

import { EspalierError } from '../../protocol/failures.js'
import type { DaemonContext } from './context.js'
import { endServices } from './ending.js'
import type { Supervised } from './supervised.js'

/**
 * Resolves when each of them is up: started, and ready where its config says what that is. One that is ordered to end
 * meanwhile is passed over. Where anything was taken over, one that cannot be brought up is told of and given up, for what
 * runs must not end for its sake.
 * @throws {EspalierError} what kept the first of them from it, where nothing was taken over; then all of them were ended.
 */
export async function bringUp(context: DaemonContext, services: readonly Supervised[]): Promise<void> {
  const names = services.map(({ name }) => name)
  try {
    const failures = new Map<Supervised, unknown>()
    // Nothing that runs may wait for anybody to be looked after. First all are met, so that one look finds what is left of all.
    for (const step of [(one: Supervised) => one.meet(), (one: Supervised) => one.takeOver()]) {
      for (const service of services) {
        if (!failures.has(service)) await step(service).catch(error => failures.set(service, error))
      }
    }
    const mustGoOn = services.some(({ isTakenOver }) => isTakenOver)
    for (const [service, error] of failures) if (!giveUp(context, service, error, mustGoOn)) throw error
    const known = services.filter(service => !failures.has(service))
    await startInOrder(context, known, mustGoOn)
  } catch (error) {
    await endServices(context, names)
    throw error
  }
}

/** True where others must go on without it. */
function giveUp({ tell }: DaemonContext, service: Supervised, error: unknown, mustGoOn: boolean): boolean {
  if (!mustGoOn || !(error instanceof EspalierError)) return false
  tell({ kind: 'trouble', message: `${service.name} cannot be brought up: ${error.message}` })
  service.giveUp()
  return true
}

async function startInOrder(context: DaemonContext, services: readonly Supervised[], mustGoOn: boolean): Promise<void> {
  const inTurn = createTurn()
  const ready = new Map<string, PromiseWithResolvers>(services.map(({ name }) => [name, withResolvers()]))
  const failures: unknown[] = []
  let up = 0
  const bring = async (service: Supervised) => {
    const before = service.dependencies.filter(name => ready.has(name) && !isReady.has(name))
    await service.waitFor(before, Promise.all(before.map(name => ready.get(name)?.promise)))
    if (!service.isHalted) await inTurn(() => service.start())
    await service.becomeReady()
    if (service.isHalted) return
    up += 1
    isReady.add(service.name)
    // That one alone has started needs no line; that its probe has said yes does.
    if (service.hasProbe || services.length > 1)
      context.tell({ kind: 'up', service: service.name, up, total: services.length })
    ready.get(service.name)?.resolve()
  }
  const isReady = new Set<string>()
  await Promise.all(
    services.map(async service => {
      try {
        await bring(service)
      } catch (error) {
        if (giveUp(context, service, error, mustGoOn)) return
        failures.push(error)
        for (const one of services) one.halt()
      } finally {
        // Those that wait for one which was halted have been halted with it, or hear so.
        ready
          .get(service.name)
          ?.reject(new EspalierError('unavailable', `service ${service.name} was stopped before it was ready`))
      }
    }),
  )
  if (failures.length > 0) throw failures[0]
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

function withResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Nobody may be waiting for it.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** One after another, in the order of the calls. */
function createTurn(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const mine = last.then(work)
    last = mine.catch(() => undefined)
    return mine
  }
}
