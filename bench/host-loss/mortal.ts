/** A supervisor whose hosts can be made to die. */

import { PidTable } from '../../actors/pids.js'
import { monotonicMs } from '../../src/clock.js'
import type { Launcher } from '../../src/launch.js'
import { createPortableLauncher } from '../../src/launcher/portable.js'
import { checkOptions } from '../../src/supervisor/options.js'
import { EspalierSupervisor } from '../../src/supervisor/supervisor.js'
import { HostPool, ThreadLink } from '../../src/threads/pool.js'

/** How a host dies: of an error nobody catches, of `process.exit`, of its heap, or ended from outside. */
export const DEATHS = ['throw', 'exit', 'memory', 'terminate'] as const
export type Death = (typeof DEATHS)[number]

const HOSTS = 2

export interface Mortal {
  readonly supervisor: EspalierSupervisor
  /** Gets ready to end a host, and gives what does it at once. */
  aim(lane: number, how: Death): Promise<() => void>
}

/** Without options two hosts, to which services go in turn, and no keeper. */
export interface MortalOptions {
  readonly hosts?: number
  readonly launcher?: Launcher
}

/** `onDeath` is called when the supervisor hears of a death. */
export function openMortal(
  onDeath: () => void,
  { hosts = HOSTS, launcher = createPortableLauncher() }: MortalOptions = {},
): Mortal {
  const pids = new SharedArrayBuffer(PidTable.bytes())
  const clock = { cell: null, originMs: monotonicMs() }
  const pool = new HostPool({ hosts, pids, clock })
  const supervisor = new EspalierSupervisor(checkOptions({ hosts }), {
    launcher,
    pids,
    clock,
    startHost: (lane, buffers, listening, listener, succeed) =>
      pool.start(lane, buffers, listening, listener, cause => {
        onDeath()
        succeed(cause)
      }),
    stopHosts: () => pool.destroy(),
  })
  return {
    supervisor,
    async aim(lane, how) {
      const link = supervisor.fleet.link(lane)
      if (!(link instanceof ThreadLink)) throw new Error(`host ${lane} is not there`)
      if (how !== 'terminate') return () => link.fail(how)
      const { threadId } = await link.health()
      // biome-ignore lint/complexity/useLiteralKeys: the pool keeps its threads to itself; only tests and benches reach for one.
      const thread = pool['piscina'].threads.find(each => each.threadId === threadId)
      if (thread === undefined) throw new Error(`host ${lane} has no thread ${threadId}`)
      return () => void thread.terminate()
    },
  }
}
