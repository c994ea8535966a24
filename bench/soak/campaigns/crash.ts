/** Campaign `crash`: the daemon is killed at a random moment under 200 spawns a second; the next one knows all that happened. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HISTORY_ENDS_MAX } from '../../../protocol/wire/past.js'
import { connect, type Forest } from '../../../src/client/connect.js'
import { listKeepers } from '../../../src/keeper/list.js'
import { endPredecessor } from '../../../src/keeper/predecessor.js'
import { placeOf } from '../../../src/os/place.js'
import { readLedger } from '../../../src/store/ledger.js'
import { LEDGER_FILE } from '../../../src/store/level.js'
import { type Campaign, Violation } from '../campaign.js'
import { drawFrom } from '../draw.js'

/** When the daemon is killed, in ms after it is up. */
const KILL_MS = { least: 50, most: 650 } as const

/** How long the books may take to be quiet, in ms. */
const SETTLE_MS = 30_000

export const crash: Campaign = {
  name: 'crash',
  summary:
    'kill -9 of the daemon under 200 spawns/s: no exit lost, wrong or stored twice, nothing run twice or left over, each grant counted once',
  rounds: 100,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-crash-'))
    const place = new Place(folder)
    await place.start()
    return {
      round: seed => place.round(drawFrom(seed).upTo(KILL_MS.most - KILL_MS.least) + KILL_MS.least),
      close: () => place.close(),
    }
  },
}

class Place {
  readonly #folder: string
  #daemon: ChildProcess | null = null
  #rootPid = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async start(): Promise<void> {
    const program = fileURLToPath(new URL('../crash/mortal.js', import.meta.url))
    const daemon = spawn(process.execPath, [program, this.#folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#daemon = daemon
    await Promise.race([
      once(daemon.stdout, 'data'),
      once(daemon, 'exit').then(() => {
        throw new Violation('the daemon did not come up')
      }),
    ])
  }

  /** Storm, kill, another daemon, quiet, and the look at what each side has written down. */
  async round(killMs: number): Promise<void> {
    rmSync(join(this.#folder, 'pause'), { force: true })
    await delay(killMs)
    await this.#kill()
    await this.start()
    writeFileSync(join(this.#folder, 'pause'), '')
    const endMs = performance.now() + SETTLE_MS
    let wrong = ''
    do {
      await delay(50)
      wrong = this.#isPaused()
        ? this.#judge(await this.#look()) || (await this.#judgeStored())
        : 'the storm does not rest'
    } while (wrong !== '' && performance.now() < endMs)
    if (wrong !== '') throw new Violation(`killed after ${killMs} ms: ${wrong}`)
  }

  async close(): Promise<void> {
    const daemon = this.#daemon
    if (daemon !== null && daemon.exitCode === null) {
      const exit = once(daemon, 'exit')
      daemon.kill('SIGTERM')
      await exit
    }
    for (const { folder } of listKeepers(this.#folder)) endPredecessor(folder)
    const ran = this.#lines('ran').length
    const told = this.#lines('told').length
    console.log(`crash: ${ran} processes ran, ${told} exits were told`)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #kill(): Promise<void> {
    const daemon = this.#daemon
    if (daemon === null) return
    const exit = once(daemon, 'exit')
    daemon.kill('SIGKILL')
    await exit
  }

  #isPaused(): boolean {
    return existsSync(join(this.#folder, 'paused'))
  }

  #look(): Promise<Forest> {
    return connect({ socket: join(this.#folder, 'control.sock') }).tree()
  }

  /** What does not hold; '' when all does. */
  #judge({ services, processes }: Forest): string {
    const [root, ...below] = processes
    if (root === undefined || root.name !== 'storm') return 'there is no root'
    if (this.#rootPid !== 0 && root.pid !== this.#rootPid) return `the root is ${root.pid}, not ${this.#rootPid}`
    this.#rootPid = root.pid
    const { liveDescendants, reservations } = services[0]
    if (below.length > 0 || liveDescendants > 0 || reservations > 0) {
      return `${below.length} are in the tree, the books count ${liveDescendants} and ${reservations} reserved`
    }
    const ran = this.#lines('ran')
    if (new Set(ran).size !== ran.length) return 'a process ran twice'
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

  /** What the store has: every exit once, as it was, and as many charges as there were grants. */
  async #judgeStored(): Promise<string> {
    const { ends, left } = await connect({ socket: join(this.#folder, 'control.sock') }).history({
      most: HISTORY_ENDS_MAX,
    })
    const stored = new Map(ends.map(({ name, exit }) => [name, exit.exitCode]))
    if (stored.size !== ends.length) return 'an exit is stored twice'
    const ran = this.#lines('ran')
    // The store keeps so many and no more: of a long campaign the first are gone.
    const kept = ends.length < HISTORY_ENDS_MAX ? ran : ran.slice(-HISTORY_ENDS_MAX / 2)
    for (const number of left > 0 ? [] : kept) {
      const code = stored.get(`c${number}`)
      if (code !== Number(number) % 100) return `c${number} is stored with ${code}`
    }
    const state = join(this.#folder, 'state', `store-${placeOf(this.#folder)}`)
    const charges = Number(readLedger(join(state, LEDGER_FILE)).services.get('storm')?.fields.charges)
    const asked = Number(readFileSync(join(this.#folder, 'paused'), 'utf8'))
    return charges >= ran.length && charges <= asked
      ? ''
      : `${charges} charges, of ${ran.length} run and ${asked} asked for`
  }

  #lines(name: string): readonly string[] {
    const file = join(this.#folder, name)
    return existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter(line => line !== '')
      : []
  }
}
