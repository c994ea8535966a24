/** Campaign `cuts`: each file of a store loses its end, byte by byte; what is served is true, and what is missing is said. */

import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Campaign } from '../campaign.js'
import { WholeStores } from '../store/whole.js'

/** A file loses at most so many bytes. */
const CUT_MAX = 4096

/** Places for files of one store; a store with fewer has nothing to cut in the others. */
const FILES_MAX = 8

/** Seeds of one store: every cut of every file. */
const SEEDS_PER_STORE = CUT_MAX * FILES_MAX

export const cuts: Campaign = {
  name: 'cuts',
  summary: 'every truncation of the last 4 KiB of every file of a store: nothing wrong served, nothing missing unsaid',
  rounds: SEEDS_PER_STORE,
  async open() {
    const stores = new WholeStores()
    const cut = new Map<string, number>()
    let named = 0
    return {
      async round(seed) {
        const made = Math.floor(seed / SEEDS_PER_STORE)
        const file = (await stores.files(made)).at(Math.floor((seed % SEEDS_PER_STORE) / CUT_MAX))
        const bytes = 1 + (seed % CUT_MAX)
        if (file === undefined || bytes > file.size) return
        const { name, size } = file
        const isNamed = await stores.look(made, folder => {
          truncateSync(join(folder, name), size - bytes)
          return `${name} without its last ${bytes} of ${size} bytes`
        })
        cut.set(name, (cut.get(name) ?? 0) + 1)
        if (isNamed) named++
      },
      report: () => [
        `cuts: ${[...cut].map(([name, count]) => `${name} ${count}`).join(', ')}; ${named} times damage was named`,
      ],
      close: async () => stores.close(),
    }
  },
}
