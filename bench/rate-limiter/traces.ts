/** Scripted traces: the ms at which one key asks, ascending, from 0. */

import { LIMIT, WINDOW_MS } from './limiter.js'
import { random } from './random.js'

/** A trace by the name the tables give it. */
export const TRACES: Readonly<Record<string, readonly number[]>> = {
  'steady overload': every(10, 500),
  'edge of a second': [
    ...repeated(950, LIMIT),
    ...repeated(1000, LIMIT),
    ...repeated(1950, LIMIT),
    ...repeated(2000, LIMIT),
  ],
  even: every(WINDOW_MS / LIMIT, 60),
  'ten at once': [0, 1000, 2000, 3500].flatMap(atMs => repeated(atMs, LIMIT)),
  'random bursts': bursts(7, 60),
}

/** `count` asks, one each `everyMs`. */
export function every(everyMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => at * everyMs)
}

function repeated(atMs: number, count: number): number[] {
  return Array<number>(count).fill(atMs)
}

function bursts(seed: number, count: number): number[] {
  const draw = random(seed)
  let atMs = 0
  return Array.from({ length: count }, () => {
    atMs += draw(400)
    return repeated(atMs, 1 + draw(2 * LIMIT))
  }).flat()
}
