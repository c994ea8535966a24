/**
 * An adversary: looks for the asks that get most admissions out of a limiter within one window, by changing at random the
 * best it has. Its scripts are bursts, each after a pause; the same seed looks in the same places.
 */

import { worstWindow } from './judge.js'
import { LIMIT, WINDOW_MS } from './limiter.js'
import type { Stage } from './play.js'
import { random } from './random.js'

interface Burst {
  readonly gapMs: number
  readonly count: number
  readonly everyMs: number
}

export interface Found {
  readonly worstWindow: number
  /** The script that found it, as `gap+count/every`. */
  readonly script: string
  readonly tries: number
}

const BURSTS_MAX = 6

export async function search(stage: Stage, tries: number, tailMs: number): Promise<Found> {
  const draw = random(42)
  const burst = (): Burst => ({
    gapMs: draw(WINDOW_MS + WINDOW_MS / 5),
    count: 1 + draw(2 * LIMIT),
    everyMs: draw(3) === 0 ? draw((2 * WINDOW_MS) / LIMIT) : 0,
  })
  let best: Burst[] = []
  let most = 0
  for (let at = 0; at < tries; at++) {
    const script = at % 4 === 0 ? [burst(), burst(), burst()] : changed(best, burst, draw)
    const asks = await stage.play(timesOf(script), 0, tailMs)
    const admittedMs = asks.map(ask => ask.admittedMs).filter(ms => !Number.isNaN(ms))
    const worst = worstWindow(
      admittedMs.sort((a, b) => a - b),
      WINDOW_MS,
    )
    // Equals take over too: that is how it walks over plains.
    if (worst >= most) {
      best = script
      most = worst
    }
  }
  const script = best.map(({ gapMs, count, everyMs }) => `${gapMs}+${count}/${everyMs}`).join(' ')
  return { worstWindow: most, script, tries }
}

function changed(best: readonly Burst[], burst: () => Burst, draw: (below: number) => number): Burst[] {
  const script = [...best]
  const at = draw(Math.max(1, script.length))
  const what = draw(4)
  if (what === 0 && script.length < BURSTS_MAX) script.splice(at, 0, burst())
  else if (what === 1 && script.length > 1) script.splice(at, 1)
  else if (what === 2) script[at] = burst()
  else script[at] = { ...(script[at] ?? burst()), gapMs: Math.max(0, (script[at]?.gapMs ?? 0) + draw(101) - 50) }
  return script
}

function timesOf(script: readonly Burst[]): number[] {
  let atMs = 0
  return script.flatMap(({ gapMs, count, everyMs }) => {
    atMs += gapMs
    const fromMs = atMs
    atMs += (count - 1) * everyMs
    return Array.from({ length: count }, (_, index) => fromMs + index * everyMs)
  })
}
