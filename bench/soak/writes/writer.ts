/** A process that writes into a store whose disk may fail: `FOLDER SEED`. Says what it wrote, what was kept, and what it was told. */

import { openStore } from '../../../src/store/open.js'
import { ResilientStore } from '../../../src/store/resilient.js'
import { StoreError } from '../../../src/store/store.js'
import { drawFrom } from '../draw.js'
import { Model } from '../store/model.js'
import { type Said, TURNS } from './said.js'

const BOOT = 'boot'
/** Between two attempts to write what waits, in ms, and how many are awaited at the end: a disk that serves again needs few. */
const RETRY_MS = 1
const ATTEMPTS = 50

const [, , folder, seed] = process.argv
const notes: string[] = []
const reopen = async () => {
  const opened = await openStore(folder, BOOT)
  if (opened.store.state.place === 'disk') notes.push(...opened.notes)
  return opened.store
}
const draw = drawFrom(Number(seed))
const model = new Model()
const written: Said['written'][number][] = []
const first = await openStore(folder, BOOT)
notes.push(...first.notes)
const store = new ResilientStore({ store: first.store, reopen, say: note => notes.push(note), retryMs: RETRY_MS })
for (let turn = 0; turn < TURNS; turn++) {
  for (const change of model.draw(draw).changes) {
    const isSynced = change.kind === 'service'
    const isKept = await store.write([change], isSynced).then(
      () => true,
      (error: unknown) => {
        if (error instanceof StoreError) return false
        throw error
      },
    )
    written.push({ change, isKept })
  }
}
for (let left = ATTEMPTS; store.state.reason !== null && left > 0; left--) {
  await new Promise(resolve => setTimeout(resolve, RETRY_MS))
}
const { reason } = store.state
await store.close()
process.stdout.write(JSON.stringify({ written, notes, reason } satisfies Said))
