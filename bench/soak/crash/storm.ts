/**
 * The root of the storm: asks for 200 processes a second, whatever becomes of the daemon. First it asks for a garden of
 * sleepers, which outlive every death. While a file `pause` is there it rests, and says in `paused` what it was answered; then
 * it asks once for each new word in `probe`, and says in `probed` which limit refused that, at which figure.
 */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SpawnDenied } from '../../../protocol/failures.js'
import { ClientError, spawnAgent } from '../../../src/client/index.js'
import { GARDEN, type StormCounts } from './counts.js'

const TURN_MS = 50
const A_TURN = 10
const [, , folder] = process.argv
const place = (name: string) => join(folder, name)
const env = { PATH: process.env.PATH }
const sleepers = new Set<string>()
let counts: StormCounts = { asked: 0, spawned: 0, unknown: 0, last: 0 }
let asking = 0
let probed = ''

setInterval(() => {
  if (existsSync(place('pause'))) {
    if (asking > 0) return
    if (!existsSync(place('paused'))) write('paused', JSON.stringify(counts))
    const word = existsSync(place('probe')) ? readFileSync(place('probe'), 'utf8') : ''
    if (word !== '' && word !== probed) void probe(word)
    return
  }
  rmSync(place('paused'), { force: true })
  if (asking === 0) void garden()
  for (let one = 0; one < A_TURN; one++) void storm(counts.last + 1)
}, TURN_MS)

/** Child N notes that it ran, and ends with N % 100. */
async function storm(number: number): Promise<void> {
  counts = { ...counts, last: number }
  const script = `echo ${number} >> ${place('ran')}; exit ${number % 100}`
  await ask(`c${number}`, ['sh', '-c', script])
}

/** One sleeper more, until there are all. One of which nobody knows whether it runs is asked for under another name. */
async function garden(): Promise<void> {
  if (sleepers.size >= GARDEN) return
  const name = `g${counts.asked}`
  if (await ask(name, ['sleep', '1000000'])) sleepers.add(name)
}

async function ask(name: string, argv: readonly string[]): Promise<boolean> {
  asking++
  counts = { ...counts, asked: counts.asked + 1 }
  try {
    await spawnAgent({ name, argv, env })
    counts = { ...counts, spawned: counts.spawned + 1 }
    return true
  } catch (error) {
    // The daemon or its host died under the question: whether it was carried out is what the campaign looks at.
    if (error instanceof ClientError) counts = { ...counts, unknown: counts.unknown + 1 }
    else if (!(error instanceof SpawnDenied)) throw error
    return false
  } finally {
    asking--
  }
}

async function probe(word: string): Promise<void> {
  probed = word
  asking++
  try {
    await spawnAgent({ name: 'probe', argv: ['true'], env })
    write('probed', `${word} granted`)
  } catch (error) {
    const isRefusal = error instanceof SpawnDenied
    write('probed', isRefusal ? `${word} ${error.code} ${error.current}` : `${word} ${String(error)}`)
  } finally {
    asking--
  }
}

/** Whole, or not there. */
function write(name: string, text: string): void {
  writeFileSync(place(`${name}.new`), text)
  renameSync(place(`${name}.new`), place(name))
}
