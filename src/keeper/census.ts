/** One look at the host for what killed keepers have left, however many services are taken over one after another. */

import { listMarked, type Marked } from './remains.js'

export class Census {
  #marked: readonly Marked[] = []
  /** Keepers that were there at the last look, and that nobody has asked for since. */
  #unasked = new Set<number>()

  /**
   * Who bears a mark, for the one who takes over what a keeper finds. The last look does for each keeper that was there then, once:
   * whatever lives of those before it had been left by then. `known` are processes of the keepers that are there, `keepers` these.
   */
  markedFor(keeperPid: number, known: ReadonlySet<number>, keepers: Iterable<number>): readonly Marked[] {
    if (!this.#unasked.delete(keeperPid)) {
      this.#marked = listMarked(known)
      this.#unasked = new Set(keepers)
      this.#unasked.delete(keeperPid)
    }
    return this.#marked
  }
}
