/** Campaign `store`: bits flip, files lose their end, writes fail; what is served is true, and what is missing is said. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../../src/store/open.js'
import { ResilientStore } from '../../../src/store/resilient.js'
import { type Store, StoreError } from '../../../src/store/store.js'
import { type Campaign, Violation } from '../campaign.js'
import { type Draw, drawFrom } from '../draw.js'
import { Model, writeBatches } from '../store/model.js'

const BOOT = 'boot'

/** A file loses at most so many bytes. */
const CUT_MAX = 4096

const WAYS = ['flip', 'cut', 'kill', 'fail'] as const

export const store: Campaign = {
  name: 'store',
  summary: 'flipped bits, files cut short, failing writes: no wrong record or charge, nothing missing without a word',
  rounds: 1000,
  async open() {
    const counts = new Map<string, number>()
    let named = 0
    return {
      async round(seed) {
        const draw = drawFrom(seed)
        const way = draw.oneOf(WAYS)
        counts.set(way, (counts.get(way) ?? 0) + 1)
        const folder = mkdtempSync(join(tmpdir(), 'espalier-store-'))
        try {
          if (way === 'fail') await failing(folder, draw)
          else if (await damaged(folder, draw, way)) named++
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      },
      report: () => [
        `store: ${[...counts].map(([way, count]) => `${way} ${count}`).join(', ')}; ${named} times damage was named`,
      ],
      close: async () => undefined,
    }
  },
}

/** Whether damage was named. */
async function damaged(folder: string, draw: Draw, way: 'flip' | 'cut' | 'kill'): Promise<boolean> {
  const model = new Model()
  const [whole, hurt] = [join(folder, 'whole'), join(folder, 'hurt')]
  for (let session = 0; session <= draw.upTo(2); session++) {
    const { store: open, notes } = await openStore(whole, BOOT)
    if (notes.length > 0) throw new Violation(`an unharmed store says ${notes.join('; ')}`)
    await writeBatches(open, model, draw, 10 + draw.upTo(60))
    // As the files are when the process is killed: nothing is closed.
    rmSync(hurt, { recursive: true, force: true })
    cpSync(whole, hurt, { recursive: true })
    await open.close()
  }
  const what = way === 'kill' ? 'nothing' : hurtOne(hurt, draw, way)
  try {
    const first = await reopen(hurt, model)
    if (way === 'kill' && first) throw new Violation('a store of a process that was killed is called damaged')
    if (await reopen(hurt, model, first)) throw new Violation('it is damaged still when it is opened again')
    return first
  } catch (error) {
    if (error instanceof StoreError) throw new Violation(`${what}: it cannot be opened: ${error.message}`)
    if (error instanceof Violation) throw new Violation(`${what}: ${error.message}`)
    throw error
  }
}

async function reopen(folder: string, model: Model, isKnown = false): Promise<boolean> {
  const { store: open, records, notes } = await openStore(folder, BOOT)
  try {
    if (open.state.place === 'memory') throw new Violation(`it is in memory: ${open.state.reason}`)
    model.judge(records, notes.length === 0 && !isKnown)
  } finally {
    await open.close()
  }
  return notes.length > 0
}

/** Says what it did. */
function hurtOne(folder: string, draw: Draw, way: 'flip' | 'cut'): string {
  const level = readdirSync(join(folder, 'level')).map(name => join('level', name))
  const files = [...level, 'ledger'].filter(name => statSync(join(folder, name)).size > 0)
  const name = draw.oneOf(files)
  const path = join(folder, name)
  const { size } = statSync(path)
  if (way === 'cut') {
    const cut = 1 + draw.upTo(Math.min(size, CUT_MAX) - 1)
    truncateSync(path, size - cut)
    return `${name} without its last ${cut} of ${size} bytes`
  }
  const bytes = readFileSync(path)
  const [at, bit] = [draw.upTo(size - 1), draw.upTo(7)]
  bytes[at] ^= 1 << bit
  writeFileSync(path, bytes)
  return `bit ${bit} of byte ${at} of ${name} flipped`
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
  if (await reopen(place, model)) throw new Violation('writes that failed have damaged it')
}
