/** Stores as they lie on the disk when their process is killed, to be hurt: one is made of a seed, and copied for each harm. */

import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../../src/store/open.js'
import { StoreError } from '../../../src/store/store.js'
import { Violation } from '../campaign.js'
import { drawFrom } from '../draw.js'
import { Model, writeBatches } from './model.js'

const BOOT = 'boot'

/** Sessions that wrote the store: opening it again makes tables of the log before. */
const SESSIONS_MOST = 3

interface Made {
  readonly seed: number
  readonly model: Model
  /** With a size, by name. */
  readonly files: readonly { readonly name: string; readonly size: number }[]
}

export class WholeStores {
  readonly #folder = mkdtempSync(join(tmpdir(), 'espalier-store-'))
  #made: Made | null = null

  /** The files of the store that this seed makes. */
  async files(seed: number): Promise<Made['files']> {
    return (await this.#make(seed)).files
  }

  /**
   * Hurts a copy of the store of this seed, and looks at what it serves. Gives whether damage was named.
   * @param isHurt false: nothing was done to it, and nothing may be said
   * @throws {Violation} when something wrong is served, or is missing without a word
   */
  async look(seed: number, hurt: (folder: string) => string, isHurt = true): Promise<boolean> {
    const { model } = await this.#make(seed)
    const folder = join(this.#folder, 'hurt')
    rmSync(folder, { recursive: true, force: true })
    cpSync(join(this.#folder, 'whole'), folder, { recursive: true })
    const what = hurt(folder)
    try {
      const isNamed = await served(folder, model)
      if (!isHurt && isNamed) throw new Violation('a store of a process that was killed is called damaged')
      if (await served(folder, model, isNamed)) throw new Violation('it is damaged still when it is opened again')
      return isNamed
    } catch (error) {
      if (error instanceof StoreError) throw new Violation(`${what}: it cannot be opened: ${error.message}`)
      if (error instanceof Violation) throw new Violation(`${what}: ${error.message}`)
      throw error
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #make(seed: number): Promise<Made> {
    if (this.#made?.seed === seed) return this.#made
    const draw = drawFrom(seed)
    const model = new Model()
    const [folder, whole] = [join(this.#folder, 'written'), join(this.#folder, 'whole')]
    rmSync(folder, { recursive: true, force: true })
    for (let session = draw.upTo(SESSIONS_MOST - 1); session >= 0; session--) {
      const { store, notes } = await openStore(folder, BOOT)
      if (notes.length > 0) throw new Violation(`an unharmed store says ${notes.join('; ')}`)
      await writeBatches(store, model, draw, 10 + draw.upTo(60))
      // As the files are when the process is killed: nothing is closed.
      rmSync(whole, { recursive: true, force: true })
      cpSync(folder, whole, { recursive: true })
      await store.close()
    }
    const names = [...readdirSync(join(whole, 'level')).map(name => join('level', name)), 'ledger'].sort()
    const files = names.map(name => ({ name, size: statSync(join(whole, name)).size })).filter(({ size }) => size > 0)
    this.#made = { seed, model, files }
    return this.#made
  }
}

/** Opens it and judges what it serves; gives whether it says that something is wrong. */
export async function served(folder: string, model: Model, isKnown = false): Promise<boolean> {
  const { store, records, notes } = await openStore(folder, BOOT)
  try {
    if (store.state.place === 'memory') throw new Violation(`it is in memory: ${store.state.reason}`)
    model.judge(records, notes.length === 0 && !isKnown)
  } finally {
    await store.close()
  }
  return notes.length > 0
}
