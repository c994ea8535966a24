/** The root of the storm: asks for 200 processes a second, whatever becomes of the daemon; rests while a file `pause` is there, and then says in `paused` how many it has asked for. */

import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SpawnDenied } from '../../../protocol/failures.js'
import { ClientError, spawnAgent } from '../../../src/client/index.js'

const TURN_MS = 50
const A_TURN = 10
const [, , folder] = process.argv
const place = (name: string) => join(folder, name)
let last = 0
let asking = 0

setInterval(() => {
  if (existsSync(place('pause'))) {
    if (asking === 0 && !existsSync(place('paused'))) writeFileSync(place('paused'), String(last))
    return
  }
  rmSync(place('paused'), { force: true })
  for (let one = 0; one < A_TURN; one++) void ask(++last)
}, TURN_MS)

/** Child N notes that it ran, and ends with N % 100. */
async function ask(number: number): Promise<void> {
  asking++
  try {
    const script = `echo ${number} >> ${place('ran')}; exit ${number % 100}`
    await spawnAgent({ name: `c${number}`, argv: ['sh', '-c', script], env: { PATH: process.env.PATH } })
  } catch (error) {
    // The daemon died under the question; whether it was carried out is what the campaign looks at.
    if (!(error instanceof ClientError || error instanceof SpawnDenied)) throw error
  } finally {
    asking--
  }
}
