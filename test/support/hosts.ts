/** Supervisors whose hosts can be made to die. */

import type { Test } from 'tap'
import { PidTable } from '../../actors/pids.js'
import { EspalierError } from '../../protocol/failures.js'
import { monotonicMs } from '../../src/clock.js'
import { createPortableLauncher } from '../../src/launcher/portable.js'
import { checkOptions } from '../../src/supervisor/options.js'
import { EspalierSupervisor } from '../../src/supervisor/supervisor.js'
import { HostPool, ThreadLink } from '../../src/threads/pool.js'

/** How a host dies: by a mistake in its thread, or from outside. */
export const DEATHS = ['throw', 'exit', 'memory', 'terminate'] as const
export type Death = (typeof DEATHS)[number]

export interface Mortal {
  readonly supervisor: EspalierSupervisor
  /** Gets ready to end a host from outside, and gives what does it at once. */
  aim(lane: number): Promise<() => void>
  /** Kills a host, and resolves when its successor answers. */
  replace(lane: number, how: Death): Promise<void>
}

/** A supervisor on two hosts; services go to host 0 and 1 in turn. Closed when the test ends. */
export function openMortal(t: Test): Mortal {
  const options = checkOptions({ hosts: 2 })
  const pids = new SharedArrayBuffer(PidTable.bytes())
  const clock = { cell: null, originMs: monotonicMs() }
  const pool = new HostPool({ hosts: 2, pids, clock })
  const supervisor = new EspalierSupervisor(options, {
    launcher: createPortableLauncher(),
    pids,
    clock,
    startHost: (lane, buffers, listening, listener, onDeath) => pool.start(lane, buffers, listening, listener, onDeath),
    stopHosts: () => pool.destroy(),
  })
  t.teardown(() => supervisor.close())

  const living = (lane: number) => {
    const link = supervisor.fleet.link(lane)
    if (!(link instanceof ThreadLink)) throw new Error(`host ${lane} is not there to be killed`)
    return link
  }
  const aim = async (lane: number) => {
    const { threadId } = await living(lane).health()
    // biome-ignore lint/complexity/useLiteralKeys: the pool keeps its threads to itself; nobody but a test reaches for one.
    const thread = pool['piscina'].threads.find(each => each.threadId === threadId)
    return () => void thread?.terminate()
  }
  return {
    supervisor,
    aim,
    async replace(lane, how) {
      const before = living(lane)
      if (how === 'terminate') (await aim(lane))()
      else before.fail(how)
      await eventually(async () => supervisor.fleet.link(lane) !== before && supervisor.fleet.link(lane) !== null)
    },
  }
}

/** Asks again while a host that died owes the answer: what to do about `host_lost`. */
export async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof EspalierError) || error.code !== 'host_lost') throw error
    }
  }
  throw new Error('host_lost a hundred times')
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('the host has no successor after 60 s')
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
