/** The bench: runs cases, prints tables, keeps results. */

import { fileURLToPath } from 'node:url'
import { type Arguments, help, readArguments } from './arguments.js'
import { authorize } from './cases/authorize.js'
import { fairness } from './cases/fairness.js'
import { forkStorm } from './cases/fork-storm.js'
import { hostLoss } from './cases/host-loss.js'
import { lifecycle } from './cases/lifecycle.js'
import { logs } from './cases/logs.js'
import { memory } from './cases/memory.js'
import { meter } from './cases/meter.js'
import { rateLimiter } from './cases/rate-limiter.js'
import { recording } from './cases/recording.js'
import type { Case } from './harness/case.js'
import { facts, keep } from './harness/results.js'
import { timeLeft } from './harness/time-left.js'
import { writeReport } from './report/write.js'

const CASES: readonly Case[] = [
  lifecycle,
  authorize,
  rateLimiter,
  fairness,
  forkStorm,
  hostLoss,
  memory,
  logs,
  meter,
  recording,
]
/** The project's root: this file lies in dist/bench. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const USAGE = 2

async function main(args: readonly string[]): Promise<void> {
  let options: Arguments
  try {
    options = readArguments(args, CASES)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    console.error(`bench: ${error.message}`)
    process.exitCode = USAGE
    return
  }
  if (options.isHelp) {
    console.log(help(CASES))
    return
  }
  if (options.isReport) {
    for (const path of writeReport(ROOT)) console.log(`drawn in ${path}`)
    return
  }
  for (const { name, run } of CASES.filter(each => options.cases.includes(each.name))) {
    const begunMs = performance.now()
    const result = await run(options, (what, share = 0) =>
      showProgress(`${name}: ${what}${timeLeft(share, performance.now() - begunMs)}`),
    )
    showProgress('')
    const kept = {
      case: name,
      size: options.size,
      rounds: options.rounds,
      ...facts(new Date()),
      figures: result.figures,
    }
    const path = keep(ROOT, name, kept)
    if (options.isJson) console.log(JSON.stringify(kept))
    else console.log([`${name}`, ...result.text, '', `kept in ${path}`, ''].join('\n'))
  }
}

/** On a terminal only: one line, written over. */
function showProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`)
}

await main(process.argv.slice(2))
