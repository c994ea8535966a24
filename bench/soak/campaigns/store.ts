/** Campaign `store`: its process is killed, its batches fail; everything that was taken is there once, with nothing to be said. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../../src/store/open.js'
import { ResilientStore } from '../../../src/store/resilient.js'
import { type Store, StoreError } from '../../../src/store/store.js'
import { type Campaign, Violation } from '../campaign.js'
import { type Draw, drawFrom } from '../draw.js'
import { Model } from '../store/model.js'
import { served, WholeStores } from '../store/whole.js'

const BOOT = 'boot'

const WAYS = ['kill', 'fail'] as const

export const store: Campaign = {
  name: 'store',
  summary: 'a killed process, failing batches: everything is there, once; nothing is called damaged',
  rounds: 1000,
  async open() {
    const counts = new Map<string, number>()
    const stores = new WholeStores()
    return {
      async round(seed) {
        const draw = drawFrom(seed)
        const way = draw.oneOf(WAYS)
        counts.set(way, (counts.get(way) ?? 0) + 1)
        if (way === 'kill') return void (await stores.look(seed, () => 'killed', false))
        const folder = mkdtempSync(join(tmpdir(), 'espalier-store-'))
        try {
          await failing(folder, draw)
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      },
      report: () => [`store: ${[...counts].map(([way, count]) => `${way} ${count}`).join(', ')}`],
      close: async () => stores.close(),
    }
  },
}

/** Batches fail, before or after they are in the files; in the end everything is there once. */
async function failing(folder: string, draw: Draw): Promise<void> {
  const model = new Model()
  const place = join(folder, 'store')
  let failures = 3
  const open = async (): Promise<Store> => {
    const { store: inner } = await openStore(place, BOOT)
    const write: Store['write'] = async (changes, isSynced) => {
      const failure = draw.upTo(6)
      const isFailing = failures > 0 && failure < 2
      if (isFailing) failures--
      if (!isFailing || failure === 1) await inner.write(changes, isSynced)
      if (isFailing) throw new StoreError('failed', draw.oneOf(['ENOSPC', 'EIO']), { batch: inner.batch + 1 - failure })
    }
    return {
      state: inner.state,
      get batch() {
        return inner.batch
      },
      write,
      read: inner.read.bind(inner),
      close: () => inner.close(),
    }
  }
  const resilient = new ResilientStore({ store: await open(), reopen: open, say: () => undefined, retryMs: 1 })
  for (let left = 20 + draw.upTo(40); left > 0; left--) {
    const { changes, took } = model.draw(draw)
    took()
    await resilient.write(changes)
  }
  while (resilient.state.reason !== null) await new Promise(resolve => setTimeout(resolve, 1))
  await resilient.close()
  if (await served(place, model)) throw new Violation('writes that failed have damaged it')
}
