/** The registry: which services there are, and which host's tree actor holds each. */

import { EspalierError } from '../../protocol/failures.js'
import type { Limits } from '../../protocol/limits.js'
import { show } from '../../protocol/show.js'

/** One registration. A name registered again after it was unregistered is a new one, with a new id. */
export interface Registration {
  readonly id: number
  readonly name: string
  readonly lane: number
  limits: Limits
  /** Set while it is being unregistered. */
  ending: boolean
}

/** Most services a supervisor takes: each costs 600 bytes of shared memory and a line of `services()`. */
export const SERVICES_MAX = 100_000

export class Registry {
  private readonly byName = new Map<string, Registration>()
  private readonly names: string[] = ['']
  private readonly load: number[]

  /** @param lanes how many hosts there are */
  constructor(lanes: number) {
    this.load = new Array<number>(lanes).fill(0)
  }

  /**
   * The service's registration, made on the host with the fewest services if it is new; else with the limits that it has: who
   * asked replaces them once the tree has.
   */
  register(name: string, limits: Limits): Registration {
    const known = this.byName.get(name)
    if (known !== undefined) {
      if (known.ending) throw new EspalierError('invalid_input', `service "${name}" is being unregistered; wait for it`)
      return known
    }
    if (this.byName.size >= SERVICES_MAX) {
      throw new EspalierError('unavailable', `${SERVICES_MAX} services are registered, the most; unregister some`)
    }
    const lane = this.load.indexOf(Math.min(...this.load))
    const entry = { id: this.names.length, name, lane, limits, ending: false }
    this.names.push(name)
    this.byName.set(name, entry)
    this.load[lane]++
    return entry
  }

  forget(name: string): void {
    const entry = this.byName.get(name)
    if (entry === undefined) return
    this.byName.delete(name)
    this.load[entry.lane]--
  }

  find(name: string): Registration | null {
    return this.byName.get(name) ?? null
  }

  /** @throws {EspalierError} `invalid_input` naming the services there are */
  get(name: string): Registration {
    const entry = this.byName.get(name)
    if (entry !== undefined) return entry
    const known = [...this.byName.keys()].slice(0, 5).join(', ') || 'none'
    throw new EspalierError('invalid_input', `no service is named ${show(name)}; registered: ${known}`)
  }

  /** The name that an id ever stood for. */
  nameOf(id: number): string {
    return this.names[id]
  }

  /** Every registration, by name. */
  all(): Registration[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
