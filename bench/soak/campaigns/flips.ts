/** Campaign `flips`: a bit of a store's files flips; what is served is true, and what is missing is said. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Campaign } from '../campaign.js'
import { drawFrom } from '../draw.js'
import { WholeStores } from '../store/whole.js'

/** Flips of one store, before another is made. */
const FLIPS_PER_STORE = 50

export const flips: Campaign = {
  name: 'flips',
  summary: 'one flipped bit in the files of a store: nothing wrong is served, nothing is missing without a word',
  rounds: 10_000,
  async open() {
    const stores = new WholeStores()
    const counts = { flips: 0, named: 0 }
    return {
      async round(seed) {
        const draw = drawFrom(seed)
        const made = Math.floor(seed / FLIPS_PER_STORE)
        const files = await stores.files(made)
        const { name, size } = draw.oneOf(files)
        const [at, bit] = [draw.upTo(size - 1), draw.upTo(7)]
        const isNamed = await stores.look(made, folder => {
          const bytes = readFileSync(join(folder, name))
          bytes[at] ^= 1 << bit
          writeFileSync(join(folder, name), bytes)
          return `bit ${bit} of byte ${at} of ${name} flipped`
        })
        counts.flips++
        if (isNamed) counts.named++
      },
      report: () => [`flips: ${counts.flips} bits, ${counts.named} times damage was named`],
      close: async () => stores.close(),
    }
  },
}
