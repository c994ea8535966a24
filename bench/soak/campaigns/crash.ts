/** Campaign `crash`: the daemon or its host thread is killed at a random moment under 200 spawns a second; what comes after knows all that happened. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../../../src/client/connect.js'
import { listKeepers } from '../../../src/keeper/list.js'
import { endPredecessor } from '../../../src/keeper/predecessor.js'
import { DEATHS } from '../../host-loss/mortal.js'
import { type Campaign, Violation } from '../campaign.js'
import { Books } from '../crash/books.js'
import { probeCounters } from '../crash/probe.js'
import { Victim } from '../crash/victim.js'
import { drawFrom } from '../draw.js'

/** When the victim is killed, in ms after the storm began. */
const KILL_MS = { least: 50, most: 650 } as const

/** How long the books may take to be quiet, in ms: a ticket that died with a host expires after ten seconds. */
const SETTLE_MS = 30_000

/** Ways in which a host dies at once: out of memory takes its time. */
const HOST_DEATHS = DEATHS.filter(death => death !== 'memory')

export const crash: Campaign = {
  name: 'crash',
  summary:
    'kill -9 of the daemon or of its host thread under 200 spawns/s: nothing acknowledged lost, nothing twice, counters and charges as a model has them',
  rounds: 100,
  async open() {
    const place = await Place.open()
    return {
      async round(seed) {
        const draw = drawFrom(seed)
        const afterMs = draw.upTo(KILL_MS.most - KILL_MS.least) + KILL_MS.least
        // In turn: a daemon gives a host up that dies more than five times a minute.
        await place.round(afterMs, seed % 2 === 0 ? 'daemon' : 'host', draw.oneOf(HOST_DEATHS))
      },
      report: () => [place.report()],
      close: () => place.close(),
    }
  },
}

class Place {
  readonly #folder: string
  readonly #books: Books
  readonly #client
  #victim: Victim
  readonly #killed = { daemon: 0, host: 0 }

  private constructor(folder: string, victim: Victim) {
    this.#folder = folder
    this.#victim = victim
    this.#client = connect({ socket: join(folder, 'control.sock') })
    this.#books = new Books(folder, this.#client)
  }

  static async open(): Promise<Place> {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-crash-'))
    return new Place(folder, await Victim.start(folder))
  }

  /** Storm, kill, quiet, and the look at what each side has written down. */
  async round(afterMs: number, who: 'daemon' | 'host', how: (typeof HOST_DEATHS)[number]): Promise<void> {
    rmSync(join(this.#folder, 'pause'), { force: true })
    await delay(afterMs)
    if (who === 'host') await this.#victim.endHost(how)
    else {
      await this.#victim.end('SIGKILL')
      this.#victim = await Victim.start(this.#folder)
    }
    this.#killed[who]++
    writeFileSync(join(this.#folder, 'pause'), '')
    // One of the round before: the storm says anew what it was answered.
    rmSync(join(this.#folder, 'paused'), { force: true })
    const endMs = performance.now() + SETTLE_MS
    let wrong = ''
    do {
      await delay(20)
      wrong = existsSync(join(this.#folder, 'paused')) ? await this.#books.judge() : 'the storm does not rest'
    } while (wrong !== '' && performance.now() < endMs)
    wrong ||= await this.#probe()
    if (wrong !== '') throw new Violation(`${who} killed after ${afterMs} ms: ${wrong}`)
    this.#books.settle()
  }

  report(): string {
    const { daemon, host } = this.#killed
    const { ran, told } = this.#books.totals
    return `crash: ${daemon} daemons and ${host} hosts killed; ${ran} processes ran, ${told} exits were told, ${this.#books.charges} grants were charged`
  }

  async close(): Promise<void> {
    await this.#victim.end('SIGTERM')
    for (const { folder } of listKeepers(this.#folder)) endPredecessor(folder)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** The tree's own counters, against the model's and what is stored. */
  async #probe(): Promise<string> {
    const found = await probeCounters(this.#folder, this.#client, this.#killed.daemon + this.#killed.host)
    if (typeof found === 'string') return found
    const { living, least, most } = this.#books.expected()
    const { descendants, children, lifetime } = found
    if (descendants !== living || children !== living) {
      return `${living} live, and the limits count ${descendants} descendants and ${children} children`
    }
    // A grant that died on its way from the host was charged there alone.
    const isCharged = lifetime >= this.#books.charges && lifetime >= least && lifetime <= most
    return isCharged ? '' : `the tree has charged ${lifetime}, the store ${this.#books.charges}, of ${least} to ${most}`
  }
}
