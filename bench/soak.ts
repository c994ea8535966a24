/** Soaks: campaigns of many rounds, each drawn from a seed. `npm run soak -- NAME --rounds N`. */

import type { Campaign } from './soak/campaign.js'
import { crash } from './soak/campaigns/crash.js'
import { cuts } from './soak/campaigns/cuts.js'
import { escapes } from './soak/campaigns/escapes.js'
import { events } from './soak/campaigns/events.js'
import { flips } from './soak/campaigns/flips.js'
import { limit } from './soak/campaigns/limit.js'
import { store } from './soak/campaigns/store.js'
import { writes } from './soak/campaigns/writes.js'
import { soak } from './soak/command.js'

/** One file each. */
const CAMPAIGNS: readonly Campaign[] = [crash, limit, escapes, store, flips, cuts, writes, events]

process.exitCode = await soak(process.argv.slice(2), CAMPAIGNS)
