/** The processes to measure as numbers in a row: between two threads that costs a tenth of what as many objects do. */

import type { MeterTarget } from './sampler.js'

/** Numbers of one target: its pid, its start ticks, and whether its memory is added up against a limit. */
const WIDTH = 3

/** Start ticks of a target of which the pid is all that is known. */
const UNKNOWN = -1

/** As they are sent. */
export function packTargets(targets: readonly MeterTarget[]): Float64Array<ArrayBuffer> {
  const numbers = new Float64Array(targets.length * WIDTH)
  let at = 0
  for (const { pid, startTicks, isSummed = false } of targets) {
    numbers[at] = pid
    numbers[at + 1] = startTicks ?? UNKNOWN
    numbers[at + 2] = Number(isSummed)
    at += WIDTH
  }
  return numbers
}

/** As they were. */
export function unpackTargets(numbers: Float64Array): readonly MeterTarget[] {
  return Array.from({ length: numbers.length / WIDTH }, (_, index) => {
    const at = index * WIDTH
    const startTicks = numbers[at + 1]
    return {
      pid: numbers[at],
      startTicks: startTicks === UNKNOWN ? null : startTicks,
      isSummed: numbers[at + 2] === 1,
    }
  })
}
