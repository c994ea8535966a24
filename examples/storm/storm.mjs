// Many services that fork as fast as they may, one of them hostile at a time; looks at every limit at every sample.
// `node examples/storm/storm.mjs [--services 50] [--children 40] [--round 20s] [--for 10m] [--kinds bomb,deaf]`, after a build.
// Ends with a table, and with 1 when a limit was passed, something is left, somebody else noticed, or the doctor disagrees.

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseDuration } from '../../dist/protocol/units.js'
import { espalier } from './espalier.mjs'
import { runRound } from './round.mjs'
import { tableLines } from './table.mjs'

const KINDS = ['none', 'bomb', 'deaf', 'eater', 'flooder']

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '50' },
    children: { type: 'string', default: '40' },
    round: { type: 'string', default: '20s' },
    for: { type: 'string', default: '0s' },
    kinds: { type: 'string', default: KINDS.join() },
  },
})
const services = Number(values.services)
const children = Number(values.children)
const roundMs = parseDuration(values.round, '--round')
const forMs = values.for === '0s' ? 0 : parseDuration(values.for, '--for')
const kinds = values.kinds.split(',')
if (!(services >= 2 && children >= 1) || kinds.some(kind => !KINDS.includes(kind))) {
  throw new Error(`--services from 2, --children from 1, --kinds of ${KINDS.join()}`)
}

const rounds = []
const violations = []
const runtimeDir = realpathSync(mkdtempSync(join(tmpdir(), 'espalier-storm-')))
const holds = await whatIsHeld()
const began = performance.now()
try {
  do {
    for (const kind of kinds) {
      if (kind === 'bomb' && !holds.tasks) {
        console.log('bomb: left out, as the kernel does not hold `tasks` here (espalier doctor says why)')
        continue
      }
      const round = await runRound({ kind, services, children, roundMs, runtimeDir, holds })
      rounds.push(round)
      violations.push(...round.violations)
      const noted = round.violations.map(text => `\n  violation: ${text}`).join('')
      console.log(`round ${rounds.length}, hostile ${kind}: ${round.samples} samples, ${round.spawned} spawned${noted}`)
    }
  } while (performance.now() - began < forMs)
} finally {
  await espalier(runtimeDir, 'down', '--all')
  rmSync(runtimeDir, { recursive: true, force: true })
}
console.log(tableLines(rounds).join('\n'))
console.log(`${rounds.length} rounds, ${violations.length} violations`)
process.exitCode = violations.length === 0 ? 0 : 1

/** Which limits the kernel holds here, as the doctor says. */
async function whatIsHeld() {
  const { checks } = JSON.parse((await espalier(runtimeDir, 'doctor', '--json')).out)
  const isOk = name => checks.find(check => check.name === name)?.state === 'ok'
  return { tasks: isOk('tasks'), memory: isOk('total_memory') }
}
