/** The process that judges one limiter: `NAME SIZE`. Says everything at once, under a clock that it moves by hand. */

import type { CaseOptions } from '../harness/case.js'
import { tell } from '../harness/one-answer.js'
import { FakeClock } from './fake-clock.js'
import { type Judgement, judge, longestSilence, worstWindow } from './judge.js'
import { type Entry, LIMIT, WINDOW_MS } from './limiter.js'
import { Stage } from './play.js'
import { entryOf } from './roster.js'
import { type Found, search } from './search.js'
import { every, TRACES } from './traces.js'

/** What becomes of a limiter when the wall clock is set by an hour. */
export interface Stepped {
  readonly worstWindow: number
  /** Longest time without an admission from then on, though somebody asks all the time. */
  readonly silenceMs: number
}

export interface Accuracy {
  readonly traces: Readonly<Record<string, Judgement>>
  readonly found: Found
  readonly obedient: { readonly told: number; readonly refusedAgain: number }
  readonly forward: Stepped
  readonly back: Stepped
  /** Most admitted in a window, by the ms between asking and recording. */
  readonly latency: Readonly<Record<string, number>>
}

/** Longer than any of the traces keeps a right queue busy after its last ask. */
const TAIL_MS = 60_000
const SEARCH_TAIL_MS = 8_000
const LATENCIES_MS = [0, 2, 10, 50]
const HOUR_MS = 3_600_000
const STEP_AT_MS = 3_500
const STEPPED_MS = 10_000
const TRIES = { gate: { quick: 200, grid: 2_000, full: 20_000 }, queue: { quick: 40, grid: 200, full: 1_000 } }

async function accuracyOf(entry: Entry, size: CaseOptions['size']): Promise<Accuracy> {
  const clock = new FakeClock()
  clock.install('timers')
  const nowMs = () => (entry.clock === 'wall' ? clock.wallMs : clock.monotonicMs)
  const isQueue = entry.kind === 'queue'
  const stage = new Stage(await entry.open(nowMs), clock, isQueue)
  const traces: Record<string, Judgement> = {}
  for (const [name, times] of Object.entries(TRACES)) {
    traces[name] = judge(await stage.play(times, 0, isQueue ? TAIL_MS : 0), LIMIT, WINDOW_MS)
  }
  const latency: Record<string, number> = {}
  for (const latencyMs of LATENCIES_MS) {
    latency[latencyMs] = worstWindow(admitted(await stage.play(every(1, 3_000), latencyMs)), WINDOW_MS)
  }
  const found = await search(stage, TRIES[entry.kind][size], isQueue ? SEARCH_TAIL_MS : 0)
  // A queue tells nobody to ask again.
  const obedient = isQueue ? { told: 0, refusedAgain: 0 } : await stage.obey(20_000)
  const stepping = entry.openOnSystemClock === undefined ? stage : await onSystemClock(entry, clock)
  const forward = await stepped(stepping, clock, HOUR_MS)
  const back = await stepped(stepping, clock, -HOUR_MS)
  return { traces, found, obedient, forward, back, latency }
}

async function onSystemClock(entry: Entry, clock: FakeClock): Promise<Stage> {
  const limiter = (await entry.openOnSystemClock?.()) ?? (await entry.open(() => clock.monotonicMs))
  return new Stage(limiter, clock, entry.kind === 'queue')
}

async function stepped(stage: Stage, clock: FakeClock, byMs: number): Promise<Stepped> {
  let isDone = false
  const asks = await stage.play(every(20, STEPPED_MS / 20), 0, 0, atMs => {
    if (isDone || atMs < STEP_AT_MS) return
    isDone = true
    clock.step(byMs)
  })
  const admittedMs = admitted(asks)
  return {
    worstWindow: worstWindow(admittedMs, WINDOW_MS),
    silenceMs: longestSilence(admittedMs, STEP_AT_MS, STEPPED_MS),
  }
}

function admitted(asks: readonly { readonly admittedMs: number }[]): number[] {
  return asks
    .map(({ admittedMs }) => admittedMs)
    .filter(ms => !Number.isNaN(ms))
    .sort((a, b) => a - b)
}

const [name, size] = process.argv.slice(2)
void tell(() => accuracyOf(entryOf(name), size === 'full' || size === 'quick' ? size : 'grid'))
