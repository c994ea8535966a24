/** Campaign `writes`: each call that changes a store's files fails in turn, for real below LevelDB, with each error. */

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cCompiler } from '../../fork-storm/compiler.js'
import { type Campaign, Violation } from '../campaign.js'
import { Model } from '../store/model.js'
import { served } from '../store/whole.js'
import type { Said } from '../writes/said.js'

/** This file lies in dist/bench/soak/campaigns; the source is not built. */
const SOURCE = fileURLToPath(new URL('../../../../bench/soak/writes/failing.c', import.meta.url))
const WRITER = fileURLToPath(new URL('../writes/writer.js', import.meta.url))

/** Seeds of one call: each error, its write torn or not, alone or with all calls after it. */
const ERRORS = ['ENOSPC', 'EIO'] as const
const SEEDS_PER_CALL = 8

/** Calls of a writer are fewer. */
const CALLS_MAX = 100

/** Longest life of a writer, in ms. */
const PATIENCE_MS = 60_000

export const writes: Campaign = {
  name: 'writes',
  summary: 'every write of a store fails in turn, with ENOSPC and EIO: nothing wrong served, nothing missing unsaid',
  rounds: CALLS_MAX * SEEDS_PER_CALL,
  async open() {
    const place = new Place()
    return {
      round: seed => place.round(seed),
      report: () => [
        `writes: ${place.failed} writes failed, ${place.said} times it was said; ${place.calls} calls at most`,
      ],
      close: async () => place.close(),
    }
  },
}

class Place {
  readonly #folder = mkdtempSync(join(tmpdir(), 'espalier-writes-'))
  readonly #library = join(this.#folder, 'failing.so')
  readonly #before: Said
  failed = 0
  said = 0
  calls = 0

  /** @throws {Error} where there is no C compiler */
  constructor() {
    const flags = ['-shared', '-fPIC', '-O2', '-Wall', '-Wextra', '-Werror']
    execFileSync(cCompiler() ?? 'cc', [...flags, '-o', this.#library, SOURCE, '-ldl'], { stdio: 'inherit' })
    // The store of a writer that nobody disturbed: opening it makes a table of its log.
    this.#before = this.#write(join(this.#folder, 'before'), 0, {}).said
  }

  async round(seed: number): Promise<void> {
    const [call, way] = [1 + Math.floor(seed / SEEDS_PER_CALL), seed % SEEDS_PER_CALL]
    const code = ERRORS[way % 2]
    const isLasting = way >= 4
    const folder = join(this.#folder, 'store')
    rmSync(folder, { recursive: true, force: true })
    cpSync(join(this.#folder, 'before'), folder, { recursive: true })
    const { said, what } = this.#write(folder, call, {
      FAIL_AT: String(call),
      FAIL_ERRNO: String(constants.errno[code]),
      FAIL_TORN: String((way >> 1) % 2),
      FAIL_ON: isLasting ? '1' : '0',
    })
    if (what === '') return
    this.failed++
    if (said.notes.length > 0) this.said++
    const model = new Model()
    for (const { change, isKept } of [...this.#before.written, ...said.written]) model.take(change, isKept)
    // What waits in memory when the process ends is lost, and was said to be.
    const isSaid = said.reason !== null || said.notes.some(note => /damaged|missing|lost meanwhile/.test(note))
    try {
      await served(folder, model, isSaid)
      await served(folder, model, true)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      throw new Violation(
        `${what}${isLasting ? ', and all after it' : ''}: ${error.message}; it said ${said.notes.join('; ')}`,
      )
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** What a writer said, and which call failed: '' for none. */
  #write(folder: string, seed: number, fail: NodeJS.ProcessEnv): { readonly said: Said; readonly what: string } {
    const env = { ...process.env, LD_PRELOAD: this.#library, FAIL_UNDER: folder, FAIL_COUNT: '1', ...fail }
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [WRITER, folder, String(seed)], {
      env,
      encoding: 'utf8',
      timeout: PATIENCE_MS,
    })
    const what = /^failed: (.*)$/m.exec(stderr)?.[1] ?? ''
    if (status !== 0) throw new Violation(`${what}: the writer ended (${signal ?? status}): ${stderr}`)
    this.calls = Math.max(this.calls, Number(/^calls: (\d+)$/m.exec(stderr)?.[1] ?? 0))
    return { said: JSON.parse(stdout) as Said, what: what === '' ? '' : `${what} failed with ${fail.FAIL_ERRNO}` }
  }
}
