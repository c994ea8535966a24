/** The ways to start a process: through a service of Espalier, or with `child_process.spawn` and nothing else. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { SpawnDenied, type Supervisor } from '../../src/index.js'

/** A process that runs. */
export interface Started {
  readonly pid: number
  readonly exited: Promise<unknown>
}

export interface Way {
  /** Whether it keeps a service's limits. */
  readonly isLimited: boolean
  /** Starts a process for a service; null when it is refused. */
  start(service: string, command: string, args: readonly string[]): Promise<Started | null>
  /** Ends what runs of a service, and resolves when it is gone. */
  end(service: string): Promise<void>
}

/** The way of that name; every name but the bare ones is a launcher's, which the environment has chosen. */
export function openWay(name: string, supervisor: Supervisor): Way {
  const options = BARE[name]
  return options === undefined ? throughService(supervisor) : bare(options)
}

/** Names of the ways without Espalier, and how each calls `child_process.spawn`. */
export const BARE: Readonly<Record<string, SpawnOptions>> = {
  'child_process.spawn': {},
  'child_process.spawn, no pipes': { stdio: 'ignore' },
}

function throughService(supervisor: Supervisor): Way {
  return {
    isLimited: true,
    async start(service, command, args) {
      try {
        const child = await supervisor.service(service).spawn(command, args)
        return { pid: child.pid, exited: child.exited }
      } catch (error) {
        if (error instanceof SpawnDenied) return null
        throw error
      }
    },
    end: service => supervisor.unregisterService(service),
  }
}

function bare(options: SpawnOptions): Way {
  const running = new Map<string, Set<ChildProcess>>()
  return {
    isLimited: false,
    async start(service, command, args) {
      const child = spawn(command, args, options)
      const { pid } = child
      if (pid === undefined) throw new Error(`${command} did not start`, { cause: await once(child, 'error') })
      const family = running.get(service) ?? new Set()
      running.set(service, family.add(child))
      const exited = once(child, 'exit').then(() => family.delete(child))
      return { pid, exited }
    },
    async end(service) {
      const ends = [...(running.get(service) ?? [])].map(async child => {
        const ended = once(child, 'exit')
        child.kill('SIGTERM')
        await ended
      })
      await Promise.all(ends)
    },
  }
}
