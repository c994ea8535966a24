/** What each side of the storm has written down since the round before, and whether it is the same. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../../src/client/connect.js'
import { placeOf } from '../../../src/os/place.js'
import { readLedger } from '../../../src/store/ledger.js'
import { LEDGER_FILE } from '../../../src/store/level.js'
import { GARDEN, type StormCounts } from './counts.js'

/** Ends that are asked for beyond those of the round: what is stored twice is among them. */
const MORE_ENDS = 50

export class Books {
  readonly #folder: string
  readonly #client: Client
  #rootPid = 0
  #gardenPids: readonly number[] = []
  /** Number of the last child of a round that held; its exits were judged. */
  #settled = 0
  readonly totals = { ran: 0, told: 0 }

  constructor(folder: string, client: Client) {
    this.#folder = folder
    this.#client = client
  }

  /** What does not hold; '' when all does. */
  async judge(): Promise<string> {
    const { services, processes } = await this.#client.tree()
    const [root, ...below] = processes
    if (root === undefined || root.name !== 'storm') return 'there is no root'
    if (this.#rootPid !== 0 && root.pid !== this.#rootPid) return `the root is ${root.pid}, not ${this.#rootPid}`
    this.#rootPid = root.pid
    const garden = below.filter(({ name }) => name.startsWith('g')).map(({ pid }) => pid)
    const lostPid = this.#gardenPids.find(pid => !garden.includes(pid))
    if (lostPid !== undefined) return `process ${lostPid}, which sleeps, is not in the tree`
    const { liveDescendants, reservations } = services[0]
    if (below.length !== garden.length || liveDescendants !== garden.length || reservations > 0) {
      return `${below.length} are in the tree, ${garden.length} of them sleep, the books count ${liveDescendants} and ${reservations} reserved`
    }
    this.#gardenPids = garden
    return this.#judgeExits() || this.#judgeStored()
  }

  /** Processes of the garden, and grants ever charged, by the model: what a probe of each limit must find. */
  expected(): { readonly living: number; readonly least: number; readonly most: number } {
    const { spawned, unknown } = this.#counts()
    return { living: this.#gardenPids.length, least: spawned, most: spawned + unknown }
  }

  /** Whether every sleeper was asked for: else the next rounds go on. */
  get isPlanted(): boolean {
    return this.#gardenPids.length >= GARDEN
  }

  /** Charges that are stored. */
  get charges(): number {
    const file = join(this.#folder, 'state', `store-${placeOf(this.#folder)}`, LEDGER_FILE)
    return Number(readLedger(file).services.get('storm')?.fields.charges)
  }

  /** The round held: what was judged is judged. Only while the storm rests. */
  settle(): void {
    this.totals.ran += this.#lines('ran').length
    this.totals.told += this.#lines('told').length
    this.#settled = this.#counts().last
    for (const name of ['ran', 'told']) writeFileSync(join(this.#folder, name), '')
  }

  /** Every process ran once, and its exit was told at least once in all and at most once by a daemon. */
  #judgeExits(): string {
    const ran = this.#lines('ran')
    if (new Set(ran).size !== ran.length) return 'a process ran twice'
    const old = ran.find(number => Number(number) <= this.#settled)
    if (old !== undefined) return `c${old} ran again, rounds later`
    const exits = new Map<string, string>()
    const said = new Set<string>()
    for (const line of this.#lines('told')) {
      const [daemon, name, code] = line.split(' ')
      if (said.has(`${daemon} ${name}`)) return `daemon ${daemon} told the exit of ${name} twice`
      said.add(`${daemon} ${name}`)
      exits.set(name, code)
    }
    const lost = ran.filter(number => !exits.has(`c${number}`))
    if (lost.length > 0) return `${lost.length} exits are lost, the first of c${lost[0]}`
    const bad = ran.find(number => exits.get(`c${number}`) !== String(Number(number) % 100))
    return bad === undefined ? '' : `c${bad} is said to have ended with ${exits.get(`c${bad}`)}`
  }

  /** The store has every exit once, as it was, and as many charges as there were grants. */
  async #judgeStored(): Promise<string> {
    const ran = this.#lines('ran')
    const { ends } = await this.#client.history({ most: ran.length + MORE_ENDS })
    const stored = new Map(ends.map(({ name, exit }) => [name, exit.exitCode]))
    if (stored.size !== ends.length) return 'an exit is stored twice'
    for (const number of ran) {
      const code = stored.get(`c${number}`)
      if (code !== Number(number) % 100) return `c${number} is stored with ${code}`
    }
    const { least, most } = this.expected()
    if (this.charges < least || this.charges > most) {
      return `${this.charges} charges are stored, of ${least} answered and ${most - least} that nobody knows of`
    }
    const ever = this.totals.ran + ran.length + this.#gardenPids.length
    return ever < least || ever > this.charges ? `${ever} ran, ${least} were answered, ${this.charges} charged` : ''
  }

  #counts(): StormCounts {
    return JSON.parse(readFileSync(join(this.#folder, 'paused'), 'utf8')) as StormCounts
  }

  #lines(name: string): readonly string[] {
    const file = join(this.#folder, name)
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    return text.split('\n').filter(line => line !== '')
  }
}
