/** Spawns under way: an order to end is not carried out while a process of one may still appear. */

import type { ServiceHandle } from '../api.js'

export class UnderWay {
  private readonly spawns = new Set<{ readonly service: string; readonly over: Promise<unknown> }>()

  /** The same handle, its spawns remembered until each has come to something. */
  watched({ name, spawn }: ServiceHandle): ServiceHandle {
    return {
      name,
      spawn: (...request) => {
        const child = spawn(...request)
        const one = { service: name, over: child.catch(() => null).finally(() => this.spawns.delete(one)) }
        this.spawns.add(one)
        return child
      },
    }
  }

  /** Resolves when what is under way now, of one service or of all, runs or has failed. */
  async settled(service: string | null): Promise<void> {
    const wanted = [...this.spawns].filter(one => service === null || one.service === service)
    await Promise.all(wanted.map(one => one.over))
  }
}
