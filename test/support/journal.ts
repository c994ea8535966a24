/** A journal that writes nothing down. */

import { createJournal, type Journal } from '../../src/daemon/history/journal.js'
import { createMemoryStore } from '../../src/store/memory.js'

export const silentJournal: Journal = createJournal(createMemoryStore(), '')
