/** Chance that can be had again: whole numbers from 0 below `n`, the same for the same seed (32 bits). */
export function createRandom(seed) {
  let state = seed >>> 0 || 1
  return n => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

/** So many bytes of any value. */
export function noise(random, size) {
  return Buffer.from(Array.from({ length: size }, () => random(256)))
}
