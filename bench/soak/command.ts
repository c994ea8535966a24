/** The command line of the soaks. */

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { roughly } from '../harness/time-left.js'
import type { Campaign } from './campaign.js'
import { type Progress, runCampaign, SEEDS } from './run.js'

const BROKEN = 1
const USAGE = 2
const ROUNDS_MAX = 10_000_000
/** Between two lines of progress where lines cannot be written over, in ms. */
const LINE_MS = 10_000

/** Runs the campaign that the arguments name; gives the exit code: 0 it held, 1 it was broken, 2 the arguments are wrong. */
export async function soak(args: readonly string[], campaigns: readonly Campaign[]): Promise<number> {
  const options = readArguments(args, campaigns)
  if (options === null) return USAGE
  const { campaign, rounds, seed } = options
  console.log(`${campaign.name}: ${campaign.summary}; ${rounds} rounds from seed ${seed}`)
  const outcome = await runCampaign(campaign, rounds, seed, progressLine(campaign.name))
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  for (const line of outcome.report) console.log(line)
  if (outcome.held) {
    console.log(`${campaign.name}: held in ${outcome.rounds} rounds, ${roughly(outcome.tookMs)}`)
    return 0
  }
  console.error(
    [
      `${campaign.name}: broken in round ${outcome.round}, seed ${outcome.seed}: ${outcome.reason}`,
      `again: npm run soak -- ${campaign.name} --rounds 1 --seed ${outcome.seed}`,
      `with all before it: npm run soak -- ${campaign.name} --rounds ${outcome.round} --seed ${seed}`,
    ].join('\n'),
  )
  return BROKEN
}

/** Null when it has said what to do instead. */
function readArguments(args: readonly string[], campaigns: readonly Campaign[]) {
  const known = campaigns.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`)
  const usage = ['usage: npm run soak -- CAMPAIGN [--rounds N] [--seed N]', '', ...known].join('\n')
  const refuse = (problem: string) => {
    console.error(`soak: ${problem}\n\n${usage}`)
    return null
  }
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { rounds: { type: 'string' }, seed: { type: 'string' } },
    })
    const campaign = campaigns.find(({ name }) => name === positionals[0])
    if (campaign === undefined || positionals.length > 1) return refuse('name one campaign')
    const rounds = Number(values.rounds ?? campaign.rounds)
    const seed = Number(values.seed ?? randomInt(SEEDS))
    if (!isWhole(rounds, 1, ROUNDS_MAX)) return refuse(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}`)
    if (!isWhole(seed, 0, SEEDS - 1)) return refuse(`--seed takes a whole number from 0 to ${SEEDS - 1}`)
    return { campaign, rounds, seed }
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) return refuse(error.message)
    throw error
  }
}

/** On a terminal one line, written over; else a line now and then. */
function progressLine(name: string): (progress: Progress) => void {
  let saidMs = performance.now()
  return ({ done, rounds, leftMs }) => {
    const line = `${name}: ${done} of ${rounds} rounds, ${roughly(leftMs)} left`
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
    else if (performance.now() - saidMs >= LINE_MS) {
      saidMs = performance.now()
      console.error(line)
    }
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
