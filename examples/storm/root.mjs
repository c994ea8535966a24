// The root of each service of the storm: `root.mjs KIND`. Asks for children as fast as it may, until the file `quiet` is there,
// and writes what it was answered to `NAME.json`, both in the folder that STORM_FOLDER names.

import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientError, SpawnDenied, spawnAgent } from '../../dist/src/client/index.js'

/** What a child of each kind runs. Each ends by itself some day, should everybody who could end it be gone. */
const CHILDREN = {
  steady: '(exit 0) & (exit 0) & wait; exec sleep 0.$((RANDOM_PART + 2))',
  bomb: 'b() { b | b & }; b; exec sleep 5',
  deaf: 'trap "" TERM; (trap "" TERM; exec sleep 300) & for i in 1 2 3 4 5 6; do sleep 50; done',
  eater: 'a=0123456789abcdef; i=0; while [ $i -lt 26 ]; do a=$a$a; i=$((i+1)); done; exec sleep 300',
  flooder: 'exec timeout 300 yes "$(head -c 300 /dev/zero | tr "\\0" x)"',
}
/** Answers whose time is remembered, the latest. */
const TIMES_MAX = 2000
/** Between two looks at the world, in ms. */
const LOOK_MS = 250
/** Longest and shortest pause after a refusal, in ms. */
const PAUSE_MS = { least: 20, most: 500 }

const [kind] = process.argv.slice(2)
const { STORM_FOLDER: folder, ESPALIER_SERVICE: name = kind } = process.env
const said = { kind, spawned: 0, refused: {}, failed: {}, p99Ms: null }
const times = []
let isQuiet = false

setInterval(() => {
  isQuiet = existsSync(join(folder, 'quiet'))
  said.p99Ms = times.length === 0 ? null : [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)]
  // Whole or not at all, for who reads it meanwhile.
  writeFileSync(join(folder, `${name}.new`), JSON.stringify(said))
  renameSync(join(folder, `${name}.new`), join(folder, `${name}.json`))
}, LOOK_MS)

for (let turn = 0; ; turn++) {
  if (isQuiet) await sleep(LOOK_MS)
  else await ask(turn)
}

async function ask(turn) {
  const began = performance.now()
  try {
    const script = CHILDREN[kind].replace('RANDOM_PART', String(turn % 7))
    await spawnAgent({ name: `${kind}-${turn % 1000}`, argv: ['sh', '-c', script] })
    said.spawned++
    note(performance.now() - began)
  } catch (error) {
    if (error instanceof SpawnDenied) {
      note(performance.now() - began)
      said.refused[error.code] = (said.refused[error.code] ?? 0) + 1
      await sleep(Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, error.retryAfterMs ?? 0)))
    } else if (error instanceof ClientError) {
      said.failed[error.code] = (said.failed[error.code] ?? 0) + 1
      said.why = error.message
      await sleep(PAUSE_MS.most)
    } else throw error
  }
}

function note(ms) {
  times.push(ms)
  if (times.length > TIMES_MAX) times.shift()
}
