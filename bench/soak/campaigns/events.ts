/** Campaign `events`: a thousand events a round through history and store; all stays within its bounds, and the memory flat. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ENTRIES_KEPT } from '../../../src/daemon/events/chronicle.js'
import { ENDS_KEPT } from '../../../src/daemon/history/lives.js'
import { createInlineSupervisor } from '../../../src/testing.js'
import { type Campaign, Violation } from '../campaign.js'
import { type Draw, drawFrom } from '../draw.js'
import { DaemonMemory, SEQUENCES } from '../events/memory.js'

const EVENTS_A_ROUND = 1000
const SERVICES = ['one', 'two', 'three', 'four']
const CHILDREN = 10

/** Rounds from one look at everything to the next. */
const LOOK = 50

/** Rounds after which every bound was reached, and until which the most memory is noted; later looks are measured by it. */
const FULL = { from: 300, to: 500 } as const

/** How much more memory than then is called flat: a part of it, and bytes. */
const SLACK = { share: 0.1, bytes: 8 * 1024 * 1024 } as const

/** What the files may have, in bytes: what is kept, and what LevelDB has not put away yet. */
const DISK_BYTES_MAX = 128 * 1024 * 1024

export const events: Campaign = {
  name: 'events',
  summary: 'a thousand events a round through history and store: within every bound, memory flat',
  rounds: 1000,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-events-'))
    const soak = await EventSoak.open(join(folder, 'store'))
    return {
      round: seed => soak.round(drawFrom(seed)),
      report: () => soak.lines,
      async close() {
        await soak.close()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}

class EventSoak {
  readonly lines: string[] = []
  private readonly memory: DaemonMemory
  private readonly supervisor = createInlineSupervisor()
  private readonly living = new Map<string, number[]>(SERVICES.map(name => [name, []]))
  private readonly collect: () => void
  private hearing: Promise<void> = Promise.resolve()
  private spawned = 0
  private rounds = 0
  private heapBytesMost = 0

  private constructor(memory: DaemonMemory) {
    this.memory = memory
    // What is garbage is no memory that grows.
    setFlagsFromString('--expose-gc')
    this.collect = runInNewContext('gc') as () => void
  }

  static async open(folder: string): Promise<EventSoak> {
    const soak = new EventSoak(await DaemonMemory.open(folder))
    soak.hearing = soak.hear()
    for (const [at, name] of SERVICES.entries()) {
      await soak.supervisor.registerService(name, { children: CHILDREN, rate: 'none', keepExited: 10 })
      await soak.supervisor.registerServicePid(name, at + 1)
    }
    return soak
  }

  async round(draw: Draw): Promise<void> {
    const end = this.memory.heard + EVENTS_A_ROUND
    while (this.memory.heard < end) {
      await this.step(draw)
      await turn()
    }
    await this.memory.stored()
    this.rounds++
    const { first, last } = this.memory.chronicle
    if (last - first + 1 > ENTRIES_KEPT) throw new Violation(`the chronicle has ${last - first + 1} entries`)
    if (this.rounds % LOOK === 0 || this.rounds === 1) await this.look()
  }

  async close(): Promise<void> {
    await this.supervisor.close()
    await this.hearing
    await this.memory.close()
  }

  private async hear(): Promise<void> {
    for await (const event of this.supervisor.events()) this.memory.hear(event)
  }

  /** Asks as often as it pleases: what is refused is an event, too. */
  private async step(draw: Draw): Promise<void> {
    const service = draw.oneOf(SERVICES)
    const root = SERVICES.indexOf(service) + 1
    const living = this.living.get(service) ?? []
    for (let left = draw.upTo(CHILDREN); left > 0; left--) {
      const grant = await this.supervisor.authorizeSpawn(root, `child-${this.spawned}`)
      if (!grant.ok) continue
      const number = ++this.spawned
      // Pids come back, start ticks do not.
      const pid = 100 + (number % 1_000_000)
      const child = { name: `child-${number}`, pid, startTicks: number, command: `agent --job ${number}` }
      await this.supervisor.recordSpawn(root, child, { ticket: grant.ticket })
      living.push(pid)
    }
    for (const pid of living.splice(0, draw.upTo(living.length))) {
      await this.supervisor.recordSpawnExit(pid, { exitCode: draw.upTo(3) })
    }
  }

  private async look(): Promise<void> {
    const ends = this.memory.history.lives.ended().length
    if (ends > SERVICES.length * ENDS_KEPT) throw new Violation(`the history has ${ends} ends`)
    let records = 0
    for (const { kind, most } of SEQUENCES) {
      for (const service of SERVICES) {
        const count = await this.memory.count(kind, service)
        if (count > most) throw new Violation(`${count} records ${kind} of ${service} are stored, of at most ${most}`)
        records += count
      }
    }
    this.collect()
    const heapBytes = process.memoryUsage().heapUsed
    const diskBytes = this.memory.diskBytes()
    this.lines.push(
      `events: ${this.memory.heard} events, heap ${mebibytes(heapBytes)}, ${records} records in ${mebibytes(diskBytes)} of files`,
    )
    if (diskBytes > DISK_BYTES_MAX) throw new Violation(`the files have ${diskBytes} bytes`)
    if (this.rounds >= FULL.from && this.rounds <= FULL.to) {
      this.heapBytesMost = Math.max(this.heapBytesMost, heapBytes)
    } else if (this.rounds > FULL.to && heapBytes > this.heapBytesMost * (1 + SLACK.share) + SLACK.bytes) {
      throw new Violation(`the heap has grown from ${mebibytes(this.heapBytesMost)} to ${mebibytes(heapBytes)}`)
    }
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
