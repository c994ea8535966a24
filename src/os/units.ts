/** The units in which the kernel counts, from the auxiliary vector that it gives each process (getauxval(3)). */

import { readFileSync } from 'node:fs'

/** How `/proc` counts time and memory. */
export interface KernelUnits {
  readonly ticksPerSecond: number
  readonly pageBytes: number
}

const AT_PAGESZ = 6n
const AT_CLKTCK = 17n

/** What nearly every Linux has. */
const USUAL: KernelUnits = { ticksPerSecond: 100, pageBytes: 4096 }

/** Reads them once; where the kernel will not say, the usual ones. */
export function readKernelUnits(): KernelUnits {
  const words = readAuxv()
  const found = new Map<bigint, number>()
  for (let i = 0; i + 1 < words.length; i += 2) found.set(words[i], Number(words[i + 1]))
  return {
    ticksPerSecond: found.get(AT_CLKTCK) ?? USUAL.ticksPerSecond,
    pageBytes: found.get(AT_PAGESZ) ?? USUAL.pageBytes,
  }
}

function readAuxv(): BigUint64Array {
  try {
    const bytes = readFileSync('/proc/self/auxv')
    return new BigUint64Array(Uint8Array.from(bytes).buffer, 0, Math.floor(bytes.length / 8))
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return new BigUint64Array()
    throw error
  }
}
